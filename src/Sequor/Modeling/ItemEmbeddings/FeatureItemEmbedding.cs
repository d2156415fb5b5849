using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>
/// e[i] = own[i] + Σ over attributes of the mean of the item's value vectors. The own row of an item without training events is zero and
/// stays zero, so attributes alone speak for it, in training as in serving; in a step the own rows of a share of the items are left out.
/// </summary>
internal sealed class FeatureItemEmbedding : ItemEmbedding
{
    // An own row says in what an item differs from its like; it begins small beside what the attributes say.
    private const double OwnDeviation = 0.002;
    private const double ValueDeviation = 0.02;
    private readonly Parameter _own;
    private readonly ItemComposition _composition;
    private readonly double _idDropoutRate;

    internal FeatureItemEmbedding(int itemCount, IReadOnlyList<CategoricalAttribute> attributes, int dim, double idDropoutRate)
    {
        _own = new Parameter(LocalItemEmbedding.TableName, [itemCount + 1, dim], isTable: true);
        _composition = new ItemComposition(itemCount, dim, _own, [.. attributes.Select(attribute => ValueTable.Of(attribute, dim))]);
        _idDropoutRate = idDropoutRate;
        Parameters = [_own, .. _composition.Tables.Select(table => table.Table)];
        Tables = [new(_own, Attribute: null), .. _composition.Tables.Zip(attributes, (table, attribute) => new LabelledTable(table.Table, attribute))];
    }

    internal override Parameter Items => _composition.Items;

    internal override IReadOnlyList<Parameter> Parameters { get; }

    internal override IReadOnlyList<LabelledTable> Tables { get; }

    internal override void Initialize(WeightInitializer initializer, ReadOnlySpan<long> popularity)
    {
        initializer.TruncatedNormal(_own, OwnDeviation);
        foreach (ValueTable table in _composition.Tables) initializer.TruncatedNormal(table.Table, ValueDeviation);
        Observe(popularity);
    }

    internal override void Observe(ReadOnlySpan<long> popularity) => _composition.SetObserved(popularity);

    internal override void Refresh(WorkerPool workers) => _composition.Compose(workers, default);

    internal override void Begin(Tape tape) => ItemCompositionOperation.Begin(tape, _composition, _idDropoutRate);

    public override void Dispose() => _composition.Dispose();
}
