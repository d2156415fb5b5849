using Sequor.Data;

namespace Sequor.Preparation.Reading;

/// <summary>Counts the rows that are left out, by reason, in the order in which reasons first occurred.</summary>
internal sealed class DropLog
{
    private readonly List<DropReason> reasons = [];

    /// <summary>The reasons that occurred.</summary>
    public IReadOnlyList<DroppedRows> Dropped =>
        [.. reasons.Where(reason => reason.Count > 0).Select(reason => new DroppedRows(reason.Text, reason.Count, reason.Examples))];

    /// <summary>The counter of a reason.</summary>
    public DropReason this[string text]
    {
        get
        {
            if (reasons.Find(reason => reason.Text == text) is { } known) return known;
            reasons.Add(new DropReason(text));
            return reasons[^1];
        }
    }
}

/// <summary>Rows left out for one reason, and a few of them.</summary>
internal sealed class DropReason(string text)
{
    private const int ExampleCount = 3;

    private readonly List<string> examples = [];
    private readonly List<long> shown = [];

    /// <summary>The reason in words.</summary>
    public string Text => text;

    /// <summary>Rows so far.</summary>
    public long Count { get; private set; }

    /// <summary>A few of them.</summary>
    public IReadOnlyList<string> Examples => examples;

    /// <summary>Counts a row; whether to <see cref="Show"/> it: while examples are few, and none has this key, for they may be dear to put in words.</summary>
    public bool Add(long key)
    {
        Count++;
        if (shown.Count == ExampleCount || shown.Contains(key)) return false;
        shown.Add(key);
        return true;
    }

    /// <summary>Adds an example.</summary>
    public void Show(string example) => examples.Add(example);
}
