namespace Sequor.Autograd;

/// <summary>How large the matrices of a step became, operation by operation, for people who ask where a number was lost.</summary>
internal sealed class ActivationTrace
{
    private readonly List<Activations> _all = [];
    private readonly Dictionary<Tape, List<Matrix>> _made = [];
    private string _behind = "the input";

    /// <summary>What the operations made, in order.</summary>
    internal IReadOnlyList<Activations> All => _all;

    /// <summary>A matrix that the operation under way will fill.</summary>
    internal void Add(Tape tape, in Matrix matrix)
    {
        if (!_made.TryGetValue(tape, out List<Matrix>? made)) _made.Add(tape, made = []);
        made.Add(matrix);
    }

    /// <summary>The operation is done: looks at what it made.</summary>
    internal void Take(Tape tape, Operation operation)
    {
        if (!_made.TryGetValue(tape, out List<Matrix>? made) || made.Count == 0) return;
        string kind = operation.GetType().Name.Replace("Operation", "", StringComparison.Ordinal);
        if (operation.Weights is { } weights) _behind = weights.Name;
        string place = operation.Weights is null ? $"{kind} behind {_behind}" : _behind;
        foreach (Matrix matrix in made) _all.Add(Activations.Of(place, matrix));
        made.Clear();
    }
}

/// <summary>The size of what an operation made.</summary>
/// <param name="Place">The operation, by its weights or by those before it.</param>
/// <param name="Largest">Largest |x| of the finite ones.</param>
/// <param name="NotFinite">Numbers that are NaN or infinite.</param>
/// <param name="Count">All numbers.</param>
internal readonly record struct Activations(string Place, float Largest, long NotFinite, long Count)
{
    /// <summary>Looks at a matrix.</summary>
    internal static Activations Of(string place, in Matrix matrix)
    {
        float largest = 0;
        long notFinite = 0;
        for (int row = 0; row < matrix.Rows; row++)
            foreach (float value in matrix[row])
            {
                if (!float.IsFinite(value)) notFinite++;
                else largest = Math.Max(largest, Math.Abs(value));
            }

        return new Activations(place, largest, notFinite, (long)matrix.Rows * matrix.Columns);
    }
}
