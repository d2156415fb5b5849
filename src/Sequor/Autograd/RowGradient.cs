using System.Runtime.CompilerServices;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>
/// Part of a table's gradient in compact form: the gradient of row r is Σ coefficient · source[row], over r's entries. When the loss
/// saw the row L2-normalised, the sum is the gradient of the unit vector and is carried through the normalisation on the way out.
/// </summary>
/// <remarks>
/// Set: one stable partition of the entries by blocks of table rows, in parallel: count, prefix sum, place. A block's rows fit the first
/// cache, so its sums are made there in the order of the entries and need no further sort. Within a row that order never changes, whatever
/// the threads do. Memory is 8 bytes an entry; nothing has the size of the table.
/// </remarks>
internal sealed unsafe class RowGradient
{
    // A chunk's histogram must be worth its clearing.
    private const int FewestEntriesPerChunk = 1 << 14;
    private const int MostChunks = 64;
    private readonly Action<int> _countEntries, _placeEntries;
    private Entry* _entries;
    private int[] _places = [], _starts = [];
    private TableBlocks _blocks;
    private int* _ids;
    private float* _coefficients;
    private float _coefficient;
    private int _count, _perSourceRow, _chunkCount;
    private float* _source;
    private float* _dense;
    private int _stride;
    private bool _normalized;
    private float _epsilon;

    internal RowGradient() => (_countEntries, _placeEntries) = (CountEntries, PlaceEntries);

    /// <summary>
    /// Takes entries: entry e adds coefficients[e] · source[e / entriesPerSourceRow] to row ids[e] of the table. Null coefficients are
    /// <paramref name="coefficient"/>. Ids and coefficients are read at once and not kept; source and entries live
    /// until the tape begins its next step.
    /// </summary>
    internal void Set(
        Tape tape, int* ids, int count, int entriesPerSourceRow, float* coefficients, float coefficient, float* source,
        in Matrix table, bool normalized, float epsilon)
    {
        _dense = null;
        _source = source;
        _stride = table.Stride;
        _blocks = new TableBlocks(table.Rows, table.Stride);
        (_normalized, _epsilon) = (normalized, epsilon);
        (_count, _perSourceRow, _coefficient) = (count, entriesPerSourceRow, coefficient);
        _ids = ids;
        _coefficients = coefficients;
        if (count / entriesPerSourceRow > 1L << (32 - _blocks.Shift))
            throw new InvalidInputException($"a batch of {count / entriesPerSourceRow} events exceeds the {1L << (32 - _blocks.Shift)} that the gradient of a table of {table.Columns} columns can number; lower train_fn.local_batch_size");
        _chunkCount = Math.Clamp(count / FewestEntriesPerChunk, 1, Math.Min(tape.Workers.ThreadCount, MostChunks));
        int places = _chunkCount * HistogramLength;
        if (_places.Length < places) _places = new int[places];
        if (_starts.Length < _blocks.Count + 1) _starts = new int[_blocks.Count + 1];
        _entries = (Entry*)tape.AllocateFloats((long)count * sizeof(Entry) / sizeof(float));
        tape.Workers.Run(_chunkCount, _countEntries);
        int place = 0;
        for (int block = 0; block < _blocks.Count; block++)
        {
            _starts[block] = place;
            for (int at = block; at < places; at += HistogramLength) (_places[at], place) = (place, place + _places[at]);
        }
        _starts[_blocks.Count] = place;
        tape.Workers.Run(_chunkCount, _placeEntries);
    }

    /// <summary>Takes a dense gradient (table rows × stride floats), as the full softmax makes it.</summary>
    internal void SetDense(float* gradient, in Matrix table, bool normalized, float epsilon)
    {
        _dense = gradient;
        _stride = table.Stride;
        _blocks = new TableBlocks(table.Rows, table.Stride);
        (_normalized, _epsilon) = (normalized, epsilon);
    }

    /// <summary>Sums the entries of a block into <paramref name="sums"/>, which is empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Sum<V, S>(int block, in Matrix table, in BlockSums sums) where V : struct where S : struct, ISimd<V>
    {
        var (firstRow, rows) = _blocks[block];
        if (_dense != null)
        {
            Buffer.MemoryCopy(_dense + (long)firstRow * _stride, sums.Rows, (long)rows * _stride * sizeof(float), (long)rows * _stride * sizeof(float));
            sums.TouchFirst(rows);
        }
        else
        {
            int shift = _blocks.Shift;
            uint rowMask = (1u << shift) - 1;
            Entry* end = _entries + _starts[block + 1];
            for (Entry* e = _entries + _starts[block]; e < end; e++)
            {
                int row = (int)(e->Place & rowMask);
                float* sum = sums.Rows + row * _stride, source = _source + (long)(e->Place >> shift) * _stride;
                if (sums.Touch(row))
                {
                    // What is done with the row next reads its values.
                    Prefetch.Row(table.Row(firstRow + row), _stride);
                    V coefficient = S.Create(e->Coefficient);
                    for (int c = 0; c < _stride; c += S.Count) S.Store(S.Multiply(coefficient, S.Load(source + c)), sum + c);
                }
                else RowKernels<V, S>.AddScaled(e->Coefficient, source, sum, _stride);
            }
        }
        if (!_normalized) return;
        for (int row = 0; row < rows; row++)
            if (sums.Holds(row)) Normalized<V, S>(table.Row(firstRow + row), sums.Rows + row * _stride);
    }

    /// <summary>Marks the rows of a block that have entries in <paramref name="sums"/>, whose values stay what they are.</summary>
    internal void Touch(int block, in BlockSums sums)
    {
        if (_dense != null)
        {
            sums.TouchFirst(_blocks[block].Count);
            return;
        }
        uint rowMask = (1u << _blocks.Shift) - 1;
        Entry* end = _entries + _starts[block + 1];
        for (Entry* e = _entries + _starts[block]; e < end; e++) sums.Touch((int)(e->Place & rowMask));
    }

    /// <summary>Adds the gradient of a row to <paramref name="sum"/> (stride floats): looks through the row's block, for inspection only.</summary>
    internal void AddRow<V, S>(int row, in Matrix table, float* sum) where V : struct where S : struct, ISimd<V>
    {
        float* part = stackalloc float[_stride];
        new Span<float>(part, _stride).Clear();
        if (_dense != null) RowKernels<V, S>.Add(_dense + (long)row * _stride, part, _stride);
        else
        {
            int block = row >> _blocks.Shift;
            for (int e = _starts[block]; e < _starts[block + 1]; e++)
                if ((block << _blocks.Shift) + (int)(_entries[e].Place & ((1u << _blocks.Shift) - 1)) == row)
                    RowKernels<V, S>.AddScaled(_entries[e].Coefficient, _source + (long)(_entries[e].Place >> _blocks.Shift) * _stride, part, _stride);
        }
        if (_normalized) Normalized<V, S>(table.Row(row), part);
        RowKernels<V, S>.Add(part, sum, _stride);
    }

    // y = x / max(‖x‖, ε):  dx = (g − y⟨y, g⟩) / ‖x‖, or g / ε below the threshold.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Normalized<V, S>(float* value, float* gradient) where V : struct where S : struct, ISimd<V>
    {
        V squares = S.Zero, products = S.Zero;
        for (int c = 0; c < _stride; c += S.Count)
        {
            V x = S.Load(value + c);
            squares = S.MultiplyAdd(x, x, squares);
            products = S.MultiplyAdd(x, S.Load(gradient + c), products);
        }
        float norm = MathF.Sqrt(S.Sum(squares)), inverse = 1f / MathF.Max(norm, _epsilon);
        V scale = S.Create(inverse), projection = S.Create(norm > _epsilon ? -S.Sum(products) * inverse * inverse * inverse : 0f);
        for (int c = 0; c < _stride; c += S.Count)
            S.Store(S.MultiplyAdd(projection, S.Load(value + c), S.Multiply(scale, S.Load(gradient + c))), gradient + c);
    }

    // A cache line apart, so that chunks do not contend for their neighbour's counts.
    private int HistogramLength => _blocks.Count + 16;

    private (int First, int End) Chunk(int chunk) => ((int)((long)_count * chunk / _chunkCount), (int)((long)_count * (chunk + 1) / _chunkCount));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CountEntries(int chunk)
    {
        var (first, end) = Chunk(chunk);
        int shift = _blocks.Shift;
        int* ids = _ids;
        fixed (int* histogram = &_places[chunk * HistogramLength])
        {
            new Span<int>(histogram, _blocks.Count).Clear();
            for (int e = first; e < end; e++) histogram[ids[e] >> shift]++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PlaceEntries(int chunk)
    {
        var (first, end) = Chunk(chunk);
        int shift = _blocks.Shift, sourceRow = first / _perSourceRow;
        int* ids = _ids;
        float* coefficients = _coefficients;
        float constant = _coefficient;
        uint rowMask = (1u << shift) - 1;
        Entry* entries = _entries;
        fixed (int* next = &_places[chunk * HistogramLength])
        {
            for (int e = first; e < end; sourceRow++)
            {
                int last = Math.Min(end, (sourceRow + 1) * _perSourceRow);
                for (; e < last; e++)
                {
                    Entry* entry = entries + next[ids[e] >> shift]++;
                    entry->Place = (uint)sourceRow << shift | ((uint)ids[e] & rowMask);
                    entry->Coefficient = coefficients == null ? constant : coefficients[e];
                }
            }
        }
    }

    private struct Entry
    {
        // The source row above, the row within the block in the lowest bits.
        internal uint Place;
        internal float Coefficient;
    }
}
