using Sequor.Autograd;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>
/// Stands first on a tape: forward it puts the item table together, and backward, when all who read the table have left their gradients on
/// it, it carries these on.
/// </summary>
internal sealed class ItemCompositionOperation : Operation
{
    private ItemComposition _composition = null!;

    /// <summary>Begins a pass over <paramref name="composition"/>.</summary>
    internal static void Begin(Tape tape, ItemComposition composition, double idDropoutRate)
    {
        if (!tape.Differentiates)
        {
            composition.RequireFresh();
            return;
        }
        var op = tape.Next<ItemCompositionOperation>();
        op._composition = composition;
        composition.Compose(tape.Workers, tape.NextDropout(idDropoutRate), isStep: true);
    }

    internal override long ForwardFlops => _composition.Flops;

    internal override long BackwardFlops => _composition.Flops;

    internal override long GatheredBytes => _composition.BytesPerPass;

    internal override void Backward() => _composition.Backward(Tape);
}
