using Sequor.Data;

namespace Sequor.Serving;

/// <summary>
/// At most so many items of an answer share a value of an attribute, such as a genre. Items are taken from the best down; one that would
/// exceed the cap of any of its values is passed over. Items without values are never passed over.
/// </summary>
public sealed class DiversityCap
{
    /// <summary>Caps each value of an attribute.</summary>
    public DiversityCap(CategoricalAttribute attribute, int most)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        Attribute = attribute;
        Most = most;
    }

    /// <summary>The attribute, of the items of the model that answers.</summary>
    public CategoricalAttribute Attribute { get; }

    /// <summary>Items of an answer that may share a value.</summary>
    public int Most { get; }

    /// <summary>Copies the first <paramref name="count"/> places of a ranked list that the cap allows, and returns how many there were.</summary>
    internal int Take(ReadOnlySpan<int> ranked, int count, Span<int> places)
    {
        int[] taken = new int[Attribute.ValueCount];
        int found = 0;
        for (int place = 0; place < ranked.Length && ranked[place] != 0 && found < count; place++)
        {
            ReadOnlySpan<int> values = Attribute.CodesAt(ranked[place] - 1);
            bool full = false;
            foreach (int value in values) full |= taken[value] == Most;
            if (full) continue;
            foreach (int value in values) taken[value]++;
            places[found++] = place;
        }
        return found;
    }
}
