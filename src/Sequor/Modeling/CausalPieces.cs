using Sequor.Kernels;

namespace Sequor.Modeling;

/// <summary>Rows First … End − 1 of a sequence, and whether that is all of it.</summary>
internal readonly record struct CausalPart(int Sequence, int First, int End, bool Whole);

/// <summary>
/// The rows of a batch in pieces of about equal causal work, for causal attention and all else that costs i + 1 at row i. A piece is a
/// run of neighbouring sequences; one that outweighs two pieces is cut, at multiples of 64 rows, into at most eight parts. All of it
/// is a function of the lengths alone, as a piece may keep a partial sum.
/// </summary>
internal sealed class CausalPieces
{
    private const int MostPieces = 32;
    private const int MostParts = 8;

    // A row costs something before its first pair, and a piece should outweigh its start: in pairs.
    private const int RowWork = 32;
    private const int LeastWork = 1 << 12;
    private CausalPart[] _parts = new CausalPart[64];
    private readonly int[] _starts = new int[MostPieces + 1];
    private int _partCount;

    /// <summary>Number of pieces.</summary>
    internal int Count { get; private set; }

    /// <summary>The parts of a piece.</summary>
    internal ReadOnlySpan<CausalPart> this[int piece] => _parts.AsSpan(_starts[piece].._starts[piece + 1]);

    /// <summary>The parts of all pieces, in order.</summary>
    internal ReadOnlySpan<CausalPart> Parts => _parts.AsSpan(0, _partCount);

    /// <summary>Index of the first part of a piece.</summary>
    internal int Start(int piece) => _starts[piece];

    /// <summary>Cuts sequences whose rows lie between <paramref name="offsets"/> (B + 1), the first of them being number <paramref name="firsts"/> (B) of its sequence.</summary>
    internal void Cut(ReadOnlySpan<int> offsets, ReadOnlySpan<int> firsts)
    {
        double total = 0;
        for (int b = 0; b + 1 < offsets.Length; b++) total += Work(firsts[b] + offsets[b + 1] - offsets[b]) - Work(firsts[b]);
        double goal = Math.Max(total / MostPieces, LeastWork), done = 0;
        _partCount = Count = 0;
        for (int b = 0; b + 1 < offsets.Length; b++)
        {
            int start = firsts[b], length = start + offsets[b + 1] - offsets[b];
            double before = Work(start), work = Work(length) - before;
            int parts = (int)Math.Clamp(work / goal, 1, MostParts);
            for (int p = 0, first = start; p < parts; p++)
            {
                int end = p + 1 == parts ? length : Math.Min(length, RowOfWork(before + work * (p + 1) / parts));
                if (end <= first) continue;
                if (done >= goal * Count && Count < MostPieces) _starts[Count++] = _partCount;
                if (_partCount == _parts.Length) Array.Resize(ref _parts, 2 * _partCount);
                _parts[_partCount++] = new CausalPart(b, first, end, end - first == length);
                done += Work(end) - Work(first);
                first = end;
            }
        }
        _starts[Count] = _partCount;
    }

    private static double Work(int rows) => rows * (rows + 1.0 + 2 * RowWork) / 2;

    // The multiple of 64 rows whose work comes closest.
    private static int RowOfWork(double work)
    {
        const double Linear = RowWork + 0.5;
        double rows = Math.Sqrt(Linear * Linear + 2 * work) - Linear;
        return (int)Math.Round(rows / CausalAttention.BlockRows) * CausalAttention.BlockRows;
    }
}
