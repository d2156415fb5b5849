namespace Sequor.Autograd;

/// <summary>How an operation over T tokens is cut into pieces: a function of T alone, so that sums have one order at any thread count.</summary>
internal readonly struct TokenBlocks
{
    private const int LargestPiece = 128;
    private const int MostPartials = 16;
    private readonly int _rows;

    private TokenBlocks(int rows, int count)
    {
        _rows = rows;
        Count = count;
    }

    /// <summary>Number of pieces.</summary>
    internal int Count { get; }

    /// <summary>Small pieces, for work without a shared sum.</summary>
    internal static TokenBlocks Fine(int rows) => new(rows, Math.Max(1, (rows + LargestPiece - 1) / LargestPiece));

    /// <summary>At most sixteen pieces, each of which keeps a partial sum.</summary>
    internal static TokenBlocks Partials(int rows) => new(rows, Math.Clamp((rows + LargestPiece - 1) / LargestPiece, 1, MostPartials));

    /// <summary>First row of a piece and of the one behind it.</summary>
    internal (int First, int End) this[int piece] => ((int)((long)_rows * piece / Count), (int)((long)_rows * (piece + 1) / Count));
}
