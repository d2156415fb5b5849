namespace Sequor.Data;

/// <summary>
/// Attributes of items or users as sections of a store, all attributes end to end: their names, their values with a number of values each,
/// and the codes of every row. A store without these sections, as older programs wrote them, has no attributes.
/// </summary>
internal static class AttributeSections
{
    /// <summary>Appends the attributes, if there are any.</summary>
    public static void Write(IReadOnlyList<CategoricalAttribute> attributes, AttributeSectionNames sections, Func<string, SectionSpool> spool)
    {
        if (attributes.Count == 0) return;
        var names = Utf8Table.From(attributes.Select(attribute => attribute.Name));
        var values = Utf8Table.From(attributes.SelectMany(attribute => Enumerable.Range(0, attribute.ValueCount).Select(attribute.Value)));
        spool(sections.NameOffsets).Append(names.Offsets);
        spool(sections.Names).Append(names.Bytes);
        spool(sections.ValueOffsets).Append(values.Offsets);
        spool(sections.Values).Append(values.Bytes);
        spool(sections.ValueCounts).Append<int>([.. attributes.Select(attribute => attribute.ValueCount)]);
        SectionSpool offsets = spool(sections.RowOffsets), codes = spool(sections.Codes);
        long end = 0;
        offsets.Append<long>([end]);
        foreach (CategoricalAttribute attribute in attributes)
        {
            for (int row = 0; row < attribute.RowCount; row++)
            {
                ReadOnlySpan<int> found = attribute.CodesAt(row);
                codes.Append(found);
                offsets.Append<long>([end += found.Length]);
            }
        }
    }

    /// <summary>The attributes as views of the sections; null when the lengths of the sections contradict each other.</summary>
    public static IReadOnlyList<CategoricalAttribute>? View(
        Utf8Table names, Utf8Table values, ReadOnlySpan<int> valueCounts, ReadOnlyMemory<long> offsets, ReadOnlyMemory<int> codes, int rowCount)
    {
        if (valueCounts.Length != names.Count || offsets.Length != (long)names.Count * rowCount + 1) return null;
        var attributes = new List<CategoricalAttribute>(names.Count);
        int first = 0;
        foreach (int count in valueCounts)
        {
            if (count < 0 || count > values.Count - first) return null;
            int index = attributes.Count;
            attributes.Add(new CategoricalAttribute(names.Text(index), values.Slice(first, count), offsets.Slice(index * rowCount, rowCount + 1), codes));
            first += count;
        }

        return first == values.Count && CategoricalAttribute.FirstRepeatedName(attributes) is null && attributes.TrueForAll(attribute => attribute.Name.Length > 0) ? attributes : null;
    }
}
