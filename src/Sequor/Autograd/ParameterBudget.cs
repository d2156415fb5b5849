namespace Sequor.Autograd;

/// <summary>
/// Bounds the parameters that this thread makes while it is not disposed: settings that came with a file of weights must not ask for more weights than
/// the file has, or a line of text would take all the memory that there is.
/// </summary>
internal sealed class ParameterBudget : IDisposable
{
    [ThreadStatic]
    private static ParameterBudget? t_current;

    private readonly Func<InvalidInputException> _refusal;
    private long _left;

    /// <summary>Allows <paramref name="elements"/> numbers; what goes beyond is refused.</summary>
    internal ParameterBudget(long elements, Func<InvalidInputException> refusal)
    {
        (_left, _refusal) = (elements, refusal);
        t_current = this;
    }

    /// <summary>Ends the bound.</summary>
    public void Dispose() => t_current = null;

    /// <summary>Takes a parameter into account before it has memory.</summary>
    /// <exception cref="InvalidInputException">It is more than the bound allows.</exception>
    internal static void Take(long rows, long columns)
    {
        if (t_current is { } budget && (rows < 0 || columns < 0 || (budget._left -= rows * columns) < 0)) throw budget._refusal();
    }
}
