using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Training.Distributed;

/// <summary>
/// Some parts of a table's gradient over the whole batch: each rank sums its own by row and sends (row number, row) to all, or of a sharded table to the rank
/// that holds the row; whoever receives adds them in the order of the ranks, so that all come to the same bits.
/// </summary>
/// <remarks>Rows are marked first, so that a block knows where its sums go; blocks are then summed in parallel, each into its place.</remarks>
internal sealed unsafe class TableExchange : IDisposable
{
    private readonly Parameter _table;
    private readonly IProcessGroup _group;
    private readonly ShardedTable? _shards;
    private readonly Action<int> _count, _sum;
    private readonly Action _exchange;
    private readonly RowGradient _whole = new();
    private readonly int[] _starts;
    private readonly double[] _sizes;
    private readonly long[] _counts, _sent;
    private NativeBuffer _ids = new(16), _rows = new(16), _allIds = new(16), _allRows = new(16);
    private int _firstPart;

    internal TableExchange(Parameter table, IProcessGroup group, ShardedTable? shards)
    {
        (_table, _group, _shards) = (table, group, shards);
        _starts = new int[table.Blocks.Count + 1];
        (_sizes, _counts, _sent) = (new double[group.Size], new long[group.Size], new long[group.Size]);
        _count = CountRows;
        _sum = Simd.Width switch
        {
            16 => Sum<Vector512<float>, Simd512>,
            8 => Sum<Vector256<float>, Simd256>,
            _ => Sum<Vector128<float>, Simd128>,
        };
        _exchange = shards is null ? GatherFromAll : GiveToHolders;
    }

    /// <summary>Bytes that this rank has sent to the others in the last exchange.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Sums the parts from <paramref name="firstPart"/> on that backward has left here, and sends them.</summary>
    internal void Begin(WorkerPool workers, ExchangeThread exchanges, int firstPart)
    {
        _firstPart = firstPart;
        int blocks = _table.Blocks.Count, stride = _table.Value.Stride;
        workers.Run(blocks, _count);
        int rows = 0;
        for (int block = 0; block <= blocks; block++) (_starts[block], rows) = (rows, block < blocks ? rows + _starts[block] : rows);
        Grow(ref _ids, rows);
        Grow(ref _rows, (long)rows * stride);
        workers.Run(blocks, _sum);
        exchanges.Begin(_exchange);
    }

    /// <summary>Puts the sum over all ranks in place of the parts, once the exchange is done.</summary>
    internal void End(Tape tape)
    {
        long rows = 0;
        foreach (long count in _counts) rows += count;
        if (rows > int.MaxValue) throw new InvalidInputException($"{rows} rows of {_table.Name} change in a step; at most {int.MaxValue} fit: lower train_fn.num_negatives or train_fn.local_batch_size");
        _whole.Set(tape, (int*)_allIds.Pointer, (int)rows, 1, null, 1f, _allRows.Pointer, _table.Value, normalized: false, epsilon: 0);
        _table.Replace(_whole);
    }

    public void Dispose()
    {
        _ids.Dispose();
        _rows.Dispose();
        _allIds.Dispose();
        _allRows.Dispose();
    }

    internal static void Grow(ref NativeBuffer buffer, long length)
    {
        if (buffer.Length >= length) return;
        buffer.Dispose();
        buffer = new NativeBuffer(length + length / 4);
    }

    // The first cache's worth of memory in which a block's sums are made, and its list of rows.
    private BlockSums Sums(out int* list, out BlockSums spare)
    {
        TableBlocks blocks = _table.Blocks;
        int stride = _table.Value.Stride, size = BlockSums.Size(blocks, stride);
        float* memory = Scratch.Take(2L * size + blocks.RowsPerBlock);
        list = (int*)(memory + 2L * size);
        spare = new BlockSums(memory + size, blocks, stride);
        return new BlockSums(memory, blocks, stride);
    }

    private void CountRows(int block)
    {
        BlockSums sums = Sums(out int* list, out _);
        _table.TouchParts(block, _firstPart, sums);
        _starts[block] = sums.List(list);
    }

    private void Sum<V, S>(int block) where V : struct where S : struct, ISimd<V>
    {
        int start = _starts[block], count = _starts[block + 1] - start, stride = _table.Value.Stride, first = _table.Blocks[block].First;
        if (count == 0) return;
        BlockSums sums = Sums(out int* list, out BlockSums spare);
        _table.SumParts<V, S>(block, _firstPart, sums, spare);
        sums.List(list);
        for (int i = 0; i < count; i++)
        {
            ((int*)_ids.Pointer)[start + i] = first + list[i];
            Buffer.MemoryCopy(sums.Rows + (long)list[i] * stride, _rows.Pointer + (long)(start + i) * stride, stride * sizeof(float), stride * sizeof(float));
        }
    }

    private void GatherFromAll()
    {
        int rows = _starts[^1], stride = _table.Value.Stride;
        Array.Clear(_sizes);
        _sizes[_group.Rank] = rows;
        fixed (double* sizes = _sizes) _group.Sum(sizes, _sizes.Length);
        long before = 0, all = 0;
        for (int rank = 0; rank < _sizes.Length; rank++)
        {
            _counts[rank] = (long)_sizes[rank];
            if (rank < _group.Rank) before += _counts[rank];
            all += _counts[rank];
        }
        Grow(ref _allIds, all);
        Grow(ref _allRows, all * stride);
        NativeMemory.Copy(_ids.Pointer, _allIds.Pointer + before, (nuint)rows * sizeof(int));
        NativeMemory.Copy(_rows.Pointer, _allRows.Pointer + before * stride, (nuint)rows * (nuint)stride * sizeof(float));
        _group.Gather((uint*)_allIds.Pointer, _counts);
        for (int rank = 0; rank < _counts.Length; rank++) _counts[rank] *= stride;
        _group.Gather((uint*)_allRows.Pointer, _counts);
        for (int rank = 0; rank < _counts.Length; rank++) _counts[rank] /= stride;
        Bytes = (long)rows * (stride + 1) * sizeof(float) * (_group.Size - 1);
    }

    private void GiveToHolders()
    {
        int rows = _starts[^1], stride = _table.Value.Stride;
        _shards!.CountByRank(new ReadOnlySpan<int>(_ids.Pointer, rows), _sent);
        _shards.ExchangeCounts(_sent, _counts);
        long all = _counts.Sum();
        Grow(ref _allIds, all);
        Grow(ref _allRows, all * stride);
        _group.Exchange((uint*)_ids.Pointer, _sent, (uint*)_allIds.Pointer, _counts);
        _group.Exchange((uint*)_rows.Pointer, ShardedTable.Times(_sent, stride), (uint*)_allRows.Pointer, ShardedTable.Times(_counts, stride));
        Bytes = (rows - _sent[_group.Rank]) * (stride + 1) * sizeof(float);
    }
}
