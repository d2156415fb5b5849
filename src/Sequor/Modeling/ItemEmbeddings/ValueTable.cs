using Sequor.Autograd;
using Sequor.Data;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>
/// A vector for each value of an attribute, and which values an item has: item i those at <c>Rows[Offsets[i]..Offsets[i + 1]]</c>. An item
/// takes their mean; one without values takes nothing.
/// </summary>
internal sealed class ValueTable
{
    internal ValueTable(string name, int rowCount, int dim, int[] offsets, int[] rows)
    {
        // Dense: its gradient is the sum over many items and stands in memory, values × D.
        Table = new Parameter(name, [rowCount, dim]);
        Offsets = offsets;
        Rows = rows;
    }

    /// <summary>The vectors (V, D).</summary>
    internal Parameter Table { get; }

    /// <summary>Where the values of an item begin (X + 2), item 0 being padding without values.</summary>
    internal int[] Offsets { get; }

    /// <summary>Rows of the table, item after item.</summary>
    internal int[] Rows { get; }

    /// <summary>A table for all values of an attribute.</summary>
    internal static ValueTable Of(CategoricalAttribute attribute, int dim)
    {
        if (attribute.ValueCount == 0) throw new InvalidInputException($"no item has a value of attribute \"{attribute.Name}\"; leave it out of train_fn.item_features");
        int[] offsets = new int[attribute.RowCount + 2];
        var rows = new List<int>();
        for (int item = 1; item <= attribute.RowCount; item++)
        {
            rows.AddRange(attribute.CodesAt(item - 1));
            offsets[item + 1] = rows.Count;
        }
        return new ValueTable($"_embedding_module._attribute_emb.{attribute.Name}.weight", attribute.ValueCount, dim, offsets, [.. rows]);
    }
}
