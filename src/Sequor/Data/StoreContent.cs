using System.Text.Unicode;

namespace Sequor.Data;

/// <summary>What the writer of a store promises beside its checksums: whoever makes a file by other means can make the checksums fit.</summary>
internal static class StoreContent
{
    /// <summary>The first promise that is broken, or null: texts are UTF-8, ids not empty, those of items unique, ratings numbers, times in order.</summary>
    /// <exception cref="InvalidInputException">Offsets or item indices are damaged.</exception>
    public static string? Fault(SequenceStore store, CancellationToken cancellationToken)
    {
        string? fault = FaultOf(store.Items.Ids, "item id", mayBeEmpty: false) ?? FaultOf(store.UserIds, "user id", mayBeEmpty: false) ?? FaultOf(store.Items.Titles, "title", mayBeEmpty: true);
        if (fault is not null) return fault;
        if (store.Items.Ids.FirstDuplicate is var row and >= 0) return $"item id '{store.Items.Ids.Text(row)}' stands twice";
        foreach (CategoricalAttribute attribute in store.Items.Attributes) Visit(attribute);
        foreach (CategoricalAttribute attribute in store.UserAttributes) Visit(attribute);
        for (int user = 0; user < store.UserCount; user++)
        {
            if ((user & 0xFFFF) == 0) cancellationToken.ThrowIfCancellationRequested();
            UserSequence events = store[user];
            foreach (float rating in events.Ratings)
                if (!float.IsFinite(rating)) return $"a rating of user {user:N0} is {rating}";
            for (int i = 1; i < events.Timestamps.Length; i++)
                if (events.Timestamps[i] < events.Timestamps[i - 1]) return $"the times of user {user:N0} fall";
        }

        return store.Metadata.Options.Values.Any(value => value is null) || store.Report is { } report && (report.Findings.Any(finding => finding is null) || report.Dropped.Any(dropped => dropped is null || dropped.Examples.Any(example => example is null)))
            ? "its description of itself has gaps"
            : null;
    }

    private static string? FaultOf(Utf8Table? table, string name, bool mayBeEmpty)
    {
        for (int row = 0; row < table?.Count; row++)
        {
            if (!mayBeEmpty && table[row].IsEmpty) return $"{name} {row:N0} is empty";
            if (!Utf8.IsValid(table[row])) return $"{name} {row:N0} is not UTF-8";
        }

        return null;
    }

    private static void Visit(CategoricalAttribute attribute)
    {
        for (int row = 0; row < attribute.RowCount; row++) _ = attribute.CodesAt(row).Length;
        for (int code = 0; code < attribute.ValueCount; code++) _ = attribute.Value(code);
    }
}
