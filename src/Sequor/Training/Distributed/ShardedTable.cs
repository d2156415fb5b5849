using System.Numerics;
using System.Runtime.InteropServices;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Training.Distributed;

/// <summary>
/// A table whose rows, with their moments, are dealt out to the ranks, neighbours together. Before rows are read they are brought here, to the places
/// that they have in the table; the memory of those that others hold is given back from time to time.
/// </summary>
/// <remarks>
/// Memory: this rank's rows and moments, a bit a row of the table, and a page (4 KiB) each row that was brought and not yet given back, which happens once
/// they may exceed a quarter of the memory that the ranks of a host have. A page that comes anew costs more than the row in it: tables that fit stay. All
/// ranks call the same methods in the same order.
/// </remarks>
internal sealed unsafe class ShardedTable : IDisposable
{
    private const int ShareOfMemory = 4;
    private const int RowsPerPiece = 256;
    private readonly Parameter _table;
    private readonly IProcessGroup _group;
    private readonly WorkerPool _workers;
    private readonly int[] _firsts;
    private readonly ulong[] _wanted;
    private readonly long[] _wantedCounts, _askedCounts;
    private readonly Action<int> _give, _take;
    private NativeBuffer _ids = new(16), _rows = new(16), _askedIds = new(16), _askedRows = new(16);
    private readonly long _mostBrought;
    private long _askedCount, _wantedCount, _brought;

    /// <summary>Deals a table out, before it has values: this rank holds a share of its rows from now on.</summary>
    internal ShardedTable(Parameter table, IProcessGroup group, WorkerPool workers)
    {
        (_table, _group, _workers) = (table, group, workers);
        TableBlocks blocks = table.Blocks;
        _firsts = [.. Enumerable.Range(0, group.Size + 1).Select(rank => (int)Math.Min(table.Value.Rows, (long)blocks.Count * rank / group.Size << blocks.Shift))];
        table.Hold(_firsts[group.Rank], _firsts[group.Rank + 1]);
        _wanted = new ulong[(table.Value.Rows + 63) / 64];
        (_wantedCounts, _askedCounts) = (new long[group.Size], new long[group.Size]);
        (_give, _take) = (Give, Take);
        // Where that is enough for all that others hold, nothing is ever given back.
        long others = (table.Value.Size - (long)(table.Held.End - table.Held.First) * table.Value.Stride) * sizeof(float);
        long most = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (ShareOfMemory * RankEnvironment.LocalSize);
        _mostBrought = others <= most ? long.MaxValue : most / Environment.SystemPageSize;
    }

    /// <summary>Bytes that this rank has given to others since <see cref="BeginStep"/> so that they could read.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Time that rows have taken to come since <see cref="BeginStep"/>.</summary>
    internal TimeSpan BringTime { get; private set; }

    /// <summary>Begins a step: what was brought before is of the weights before.</summary>
    internal void BeginStep()
    {
        (Bytes, BringTime) = (0, default);
        if (_brought > _mostBrought) ReleaseOthers();
    }

    /// <summary>Brings the rows of some items here; repeats and own rows do not matter.</summary>
    internal void Bring(ReadOnlySpan<int> items)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        var (held, heldEnd) = _table.Held;
        foreach (int item in items)
            if (item < held || item >= heldEnd) _wanted[item >> 6] |= 1UL << item;
        ListWanted();
        ExchangeCounts(_wantedCounts, _askedCounts);
        int stride = _table.Value.Stride;
        _askedCount = _askedCounts.Sum();
        TableExchange.Grow(ref _askedIds, _askedCount);
        TableExchange.Grow(ref _askedRows, _askedCount * stride);
        TableExchange.Grow(ref _rows, _wantedCount * stride);
        _group.Exchange((uint*)_ids.Pointer, _wantedCounts, (uint*)_askedIds.Pointer, _askedCounts);
        _workers.Run((int)((_askedCount + RowsPerPiece - 1) / RowsPerPiece), _give);
        _group.Exchange((uint*)_askedRows.Pointer, Times(_askedCounts, stride), (uint*)_rows.Pointer, Times(_wantedCounts, stride));
        _workers.Run((int)((_wantedCount + RowsPerPiece - 1) / RowsPerPiece), _take);
        _brought += _wantedCount;
        Bytes += (_wantedCount + _askedCount * stride) * sizeof(float);
        BringTime += System.Diagnostics.Stopwatch.GetElapsedTime(start);
    }

    /// <summary>How many of some rows, in ascending order, each rank holds.</summary>
    internal void CountByRank(ReadOnlySpan<int> rows, Span<long> counts)
    {
        int at = 0;
        for (int rank = 0; rank < _group.Size; rank++)
        {
            int first = at;
            while (at < rows.Length && rows[at] < _firsts[rank + 1]) at++;
            counts[rank] = at - first;
        }
    }

    /// <summary>Tells each rank a number, and learns one from each.</summary>
    internal void ExchangeCounts(long[] given, long[] taken)
    {
        long[] words = new long[_group.Size];
        Array.Fill(words, sizeof(long) / sizeof(uint));
        fixed (long* from = given)
        fixed (long* to = taken)
            _group.Exchange((uint*)from, words, (uint*)to, words);
    }

    /// <summary>The rows that a rank holds.</summary>
    internal (int First, int End) HeldBy(int rank) => (_firsts[rank], _firsts[rank + 1]);

    /// <summary>Gives back the memory of the rows that others hold.</summary>
    internal void ReleaseOthers()
    {
        Matrix table = _table.Value;
        var (first, end) = _table.Held;
        NativeBuffer.Release(table.Data, (long)first * table.Stride);
        NativeBuffer.Release(table.Row(end), (long)(table.Rows - end) * table.Stride);
        _brought = 0;
    }

    public void Dispose()
    {
        _ids.Dispose();
        _rows.Dispose();
        _askedIds.Dispose();
        _askedRows.Dispose();
    }

    /// <summary>Counts of rows as counts of their floats.</summary>
    internal static long[] Times(long[] counts, int factor) => Array.ConvertAll(counts, count => count * factor);

    // Takes the marks away; the ids of a rank's rows stand together, as the rows do.
    private void ListWanted()
    {
        _wantedCount = 0;
        foreach (ulong word in _wanted) _wantedCount += BitOperations.PopCount(word);
        TableExchange.Grow(ref _ids, _wantedCount);
        int* next = (int*)_ids.Pointer;
        for (int word = 0; word < _wanted.Length; word++)
        {
            for (ulong bits = _wanted[word]; bits != 0; bits &= bits - 1) *next++ = (word << 6) + BitOperations.TrailingZeroCount(bits);
            _wanted[word] = 0;
        }
        CountByRank(new ReadOnlySpan<int>(_ids.Pointer, (int)_wantedCount), _wantedCounts);
    }

    private void Give(int piece) => Copy(piece, _askedCount, (int*)_askedIds.Pointer, _askedRows.Pointer, toTable: false);

    private void Take(int piece) => Copy(piece, _wantedCount, (int*)_ids.Pointer, _rows.Pointer, toTable: true);

    private void Copy(int piece, long count, int* ids, float* rows, bool toTable)
    {
        int stride = _table.Value.Stride;
        long end = Math.Min(count, (piece + 1L) * RowsPerPiece);
        for (long i = (long)piece * RowsPerPiece; i < end; i++)
        {
            float* row = _table.Value.Row(ids[i]), packed = rows + i * stride;
            NativeMemory.Copy(toTable ? packed : row, toTable ? row : packed, (nuint)stride * sizeof(float));
        }
    }
}
