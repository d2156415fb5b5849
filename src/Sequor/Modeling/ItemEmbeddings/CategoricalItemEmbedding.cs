using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>
/// e[i] = table[category(max(i − 1, 0)) + 1] (CategoricalEmbeddingModule): items of one category are one vector. The table has C + 1 rows;
/// row 0 is never read, as in the reference.
/// </summary>
internal sealed class CategoricalItemEmbedding : ItemEmbedding
{
    // Row 0 is never read, row 1 is of the items without a value.
    private const int FirstValueRow = 2;
    private readonly ItemComposition _composition;

    /// <summary>From the category 0 … C − 1 of the items 1, 2, …, categories from 1 on being the values of <paramref name="attribute"/>, if one is given.</summary>
    internal CategoricalItemEmbedding(ReadOnlySpan<int> categories, int categoryCount, int dim, CategoricalAttribute? attribute = null)
    {
        int itemCount = categories.Length;
        int[] offsets = new int[itemCount + 2], rows = new int[itemCount + 1];
        for (int i = 0; i <= itemCount; i++) (offsets[i + 1], rows[i]) = (i + 1, categories[Math.Max(i - 1, 0)] + 1);
        _composition = new ItemComposition(itemCount, dim, own: null, [new ValueTable(LocalItemEmbedding.TableName, categoryCount + 1, dim, offsets, rows)]);
        Parameters = [_composition.Tables[0].Table];
        Tables = [new(Parameters[0], attribute, attribute is null ? 0 : FirstValueRow)];
    }

    internal override Parameter Items => _composition.Items;

    internal override IReadOnlyList<Parameter> Parameters { get; }

    internal override IReadOnlyList<LabelledTable> Tables { get; }

    /// <summary>Category 0 for items without a value, c + 1 for those whose first value is c.</summary>
    internal static CategoricalItemEmbedding Of(CategoricalAttribute attribute, int dim)
    {
        int[] categories = new int[attribute.RowCount];
        for (int item = 1; item <= categories.Length; item++) categories[item - 1] = attribute.CodesAt(item - 1) is [var first, ..] ? first + 1 : 0;
        return new CategoricalItemEmbedding(categories, attribute.ValueCount + 1, dim, attribute);
    }

    internal override void Initialize(WeightInitializer initializer, ReadOnlySpan<long> popularity) => initializer.TruncatedNormal(Parameters[0], 0.02);

    internal override void Refresh(WorkerPool workers) => _composition.Compose(workers, default);

    internal override void Begin(Tape tape) => ItemCompositionOperation.Begin(tape, _composition, 0);

    public override void Dispose() => _composition.Dispose();
}
