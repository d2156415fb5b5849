using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>
/// One fused operation of a forward pass: keeps what its gradient needs. The tape reuses the instance that stood at the same place in
/// the step before, so a step allocates nothing.
/// </summary>
internal abstract class Operation
{
    /// <summary>The tape that this operation stands on.</summary>
    internal Tape Tape = null!;

    /// <summary>The weights that the operation is about, for people who look into a step; null where it has none of its own.</summary>
    internal virtual Parameter? Weights => null;

    /// <summary>Adds (or, where nothing else does, assigns) the gradients of the inputs, given the gradient of the output.</summary>
    internal abstract void Backward();

    /// <summary>Whether the gradient of the output is still read when backward is over, as the source of a table's gradient: its memory then stays.</summary>
    internal virtual bool KeepsOutputGradient => false;

    /// <summary>Useful floating-point operations of the forward pass: what the equations ask for, not padding; matrix products only.</summary>
    internal virtual long ForwardFlops => 0;

    /// <summary>Those of <see cref="Backward"/>, what it must compute again included.</summary>
    internal virtual long BackwardFlops => 0;

    /// <summary>Bytes of table rows that the operation gathers, forward and backward.</summary>
    internal virtual long GatheredBytes => 0;

    /// <summary>The piece of work that is compiled for this machine's registers.</summary>
    private protected static Action<int> Choose(Action<int> wide, Action<int> middle, Action<int> narrow) =>
        Simd.Width switch { 16 => wide, 8 => middle, _ => narrow };
}
