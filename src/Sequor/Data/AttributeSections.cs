namespace Sequor.Data;

/// <summary>
/// Item attributes as sections of a store, all attributes end to end: their names, their values with a number of values each, and the codes
/// of every item. A store without these sections, as older programs wrote them, has no attributes.
/// </summary>
internal static class AttributeSections
{
    /// <summary>Appends the attributes of a catalogue of <paramref name="itemCount"/> items, if it has any.</summary>
    public static void Write(IReadOnlyList<ItemAttribute> attributes, int itemCount, Func<string, SectionSpool> spool)
    {
        if (attributes.Count == 0) return;
        var names = Utf8Table.From(attributes.Select(attribute => attribute.Name));
        var values = Utf8Table.From(attributes.SelectMany(attribute => Enumerable.Range(0, attribute.ValueCount).Select(attribute.Value)));
        spool(StoreSections.AttributeNameOffsets).Append(names.Offsets);
        spool(StoreSections.AttributeNames).Append(names.Bytes);
        spool(StoreSections.AttributeValueOffsets).Append(values.Offsets);
        spool(StoreSections.AttributeValues).Append(values.Bytes);
        spool(StoreSections.AttributeValueCounts).Append<int>([.. attributes.Select(attribute => attribute.ValueCount)]);
        SectionSpool offsets = spool(StoreSections.AttributeItemOffsets), codes = spool(StoreSections.AttributeCodes);
        long end = 0;
        offsets.Append<long>([end]);
        foreach (ItemAttribute attribute in attributes)
        {
            for (int item = 1; item <= itemCount; item++)
            {
                ReadOnlySpan<int> found = attribute.Codes(item);
                codes.Append(found);
                offsets.Append<long>([end += found.Length]);
            }
        }
    }

    /// <summary>The attributes as views of the sections; null when the lengths of the sections contradict each other.</summary>
    public static IReadOnlyList<ItemAttribute>? View(
        Utf8Table names, Utf8Table values, ReadOnlySpan<int> valueCounts, ReadOnlyMemory<long> offsets, ReadOnlyMemory<int> codes, int itemCount)
    {
        if (valueCounts.Length != names.Count || offsets.Length != (long)names.Count * itemCount + 1) return null;
        var attributes = new List<ItemAttribute>(names.Count);
        int first = 0;
        foreach (int count in valueCounts)
        {
            if (count < 0 || count > values.Count - first) return null;
            int index = attributes.Count;
            attributes.Add(new ItemAttribute(names.Text(index), values.Slice(first, count), offsets.Slice(index * itemCount, itemCount + 1), codes));
            first += count;
        }

        return first == values.Count ? attributes : null;
    }
}
