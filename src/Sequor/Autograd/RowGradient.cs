using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>
/// Part of a table's gradient in compact form: the gradient of row r is Σ coefficient · source[row], over r's entries. When the loss
/// saw the row L2-normalised, the sum is the gradient of the unit vector and is carried through the normalisation on the way out.
/// </summary>
/// <remarks>Entries are sorted by table row once a step (a counting sort, stable), so every sum has one order whatever the threads do.</remarks>
internal sealed unsafe class RowGradient
{
    private readonly Action<int> _countEntries, _placeEntries;
    private int[] _ends = [], _places = [];
    private int* _ids;
    private float* _entryCoefficients;
    private float _coefficient;
    private int _count, _perSourceRow, _tableRows, _chunkCount;
    private int[] _sourceRows = [];
    private float[] _coefficients = [];
    private float* _source;
    private float* _dense;
    private int _stride;
    private int _columns;
    private bool _normalized;
    private float _epsilon;

    internal RowGradient() => (_countEntries, _placeEntries) = (CountEntries, PlaceEntries);

    /// <summary>
    /// Sorts the entries: entry e adds coefficients[e] · source[e / entriesPerSourceRow] to row ids[e]. Null coefficients are
    /// <paramref name="coefficient"/>. The ids are read at once and not kept.
    /// </summary>
    internal void Set(
        WorkerPool workers, int* ids, int count, int entriesPerSourceRow, float* coefficients, float coefficient, float* source, int columns,
        int tableRows, bool normalized, float epsilon)
    {
        _dense = null;
        _source = source;
        _columns = columns;
        _stride = Simd.Pad(columns);
        _normalized = normalized;
        _epsilon = epsilon;
        _ids = ids;
        _entryCoefficients = coefficients;
        (_count, _perSourceRow, _coefficient, _tableRows) = (count, entriesPerSourceRow, coefficient, tableRows);
        // Entries keep their order within a row however many chunks there are; a histogram a chunk must be worth its clearing.
        _chunkCount = count >= tableRows ? Math.Min(workers.ThreadCount, 16) : 1;
        if (_ends.Length < tableRows + 1) _ends = new int[tableRows + 1];
        if (_places.Length < (long)_chunkCount * tableRows) _places = new int[(long)_chunkCount * tableRows];
        if (_sourceRows.Length < count)
        {
            _sourceRows = GC.AllocateUninitializedArray<int>(count + count / 4);
            _coefficients = GC.AllocateUninitializedArray<float>(count + count / 4);
        }
        workers.Run(_chunkCount, _countEntries);
        int place = 0;
        for (int row = 0; row < tableRows; row++)
        {
            for (int chunk = 0; chunk < _chunkCount; chunk++)
            {
                ref int at = ref _places[chunk * tableRows + row];
                (at, place) = (place, place + at);
            }
            _ends[row] = place;
        }
        workers.Run(_chunkCount, _placeEntries);
    }

    /// <summary>Takes a dense gradient (table rows × stride floats), as the full softmax makes it.</summary>
    internal void SetDense(float* gradient, int columns, bool normalized, float epsilon)
    {
        _dense = gradient;
        _columns = columns;
        _stride = Simd.Pad(columns);
        _normalized = normalized;
        _epsilon = epsilon;
    }

    /// <summary>Adds the gradient of a row to <paramref name="sum"/> (stride floats).</summary>
    internal void AddRow(int row, float* value, float* sum)
    {
        switch (Simd.Width)
        {
            case 16: AddRow<Vector512<float>, Simd512>(row, value, sum); break;
            case 8: AddRow<Vector256<float>, Simd256>(row, value, sum); break;
            default: AddRow<Vector128<float>, Simd128>(row, value, sum); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void AddRow<V, S>(int row, float* value, float* sum) where V : struct where S : struct, ISimd<V>
    {
        int first = 0, end = 0;
        if (_dense == null)
        {
            first = row == 0 ? 0 : _ends[row - 1];
            end = _ends[row];
            if (first == end) return;
        }
        float* part = stackalloc float[_stride];
        for (int c = 0; c < _stride; c += S.Count)
        {
            V total = S.Zero;
            if (_dense != null) total = S.Load(_dense + (long)row * _stride + c);
            else
                for (int e = first; e < end; e++)
                    total = S.MultiplyAdd(S.Create(_coefficients[e]), S.Load(_source + (long)_sourceRows[e] * _stride + c), total);
            S.Store(total, part + c);
        }
        if (!_normalized)
        {
            RowKernels<V, S>.Add(part, sum, _stride);
            return;
        }
        // y = x / max(‖x‖, ε):  dx = (g − y⟨y, g⟩) / ‖x‖, or g / ε below the threshold.
        float norm = MathF.Sqrt(RowKernels<V, S>.Dot(value, value, _stride)), inverse = 1f / MathF.Max(norm, _epsilon);
        float projection = norm > _epsilon ? RowKernels<V, S>.Dot(value, part, _stride) * inverse * inverse * inverse : 0f;
        RowKernels<V, S>.AddScaled(inverse, part, sum, _stride);
        RowKernels<V, S>.AddScaled(-projection, value, sum, _stride);
    }

    private (int First, int End) Chunk(int chunk) => ((int)((long)_count * chunk / _chunkCount), (int)((long)_count * (chunk + 1) / _chunkCount));

    private void CountEntries(int chunk)
    {
        Span<int> histogram = _places.AsSpan(chunk * _tableRows, _tableRows);
        histogram.Clear();
        var (first, end) = Chunk(chunk);
        for (int e = first; e < end; e++) histogram[_ids[e]]++;
    }

    private void PlaceEntries(int chunk)
    {
        Span<int> next = _places.AsSpan(chunk * _tableRows, _tableRows);
        var (first, end) = Chunk(chunk);
        int sourceRow = first / _perSourceRow, within = first % _perSourceRow;
        for (int e = first; e < end; e++)
        {
            int place = next[_ids[e]]++;
            _sourceRows[place] = sourceRow;
            _coefficients[place] = _entryCoefficients == null ? _coefficient : _entryCoefficients[e];
            if (++within == _perSourceRow) (sourceRow, within) = (sourceRow + 1, 0);
        }
    }
}
