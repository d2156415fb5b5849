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
    private long[] _starts = [];
    private int[] _sourceRows = [];
    private float[] _coefficients = [];
    private float* _source;
    private float* _dense;
    private int _stride;
    private int _columns;
    private bool _normalized;
    private float _epsilon;

    /// <summary>
    /// Sorts the entries: entry e adds coefficients[e] · source[e / entriesPerSourceRow] to row ids[e]. Null coefficients are
    /// <paramref name="coefficient"/>.
    /// </summary>
    internal void Set(
        ReadOnlySpan<int> ids, int entriesPerSourceRow, float* coefficients, float coefficient, float* source, int columns, int tableRows,
        bool normalized, float epsilon)
    {
        _dense = null;
        _source = source;
        _columns = columns;
        _stride = Simd.Pad(columns);
        _normalized = normalized;
        _epsilon = epsilon;
        if (_starts.Length < tableRows + 1) _starts = new long[tableRows + 1];
        if (_sourceRows.Length < ids.Length)
        {
            _sourceRows = GC.AllocateUninitializedArray<int>(ids.Length + ids.Length / 4, pinned: true);
            _coefficients = GC.AllocateUninitializedArray<float>(ids.Length + ids.Length / 4, pinned: true);
        }
        Array.Clear(_starts);
        foreach (int id in ids) _starts[id + 1]++;
        for (int row = 0; row < tableRows; row++) _starts[row + 1] += _starts[row];
        // Each start moves to its row's end while entries are placed; row r then lies between the ends of r − 1 and r.
        for (int e = 0; e < ids.Length; e++)
        {
            long place = _starts[ids[e]]++;
            _sourceRows[place] = e / entriesPerSourceRow;
            _coefficients[place] = coefficients == null ? coefficient : coefficients[e];
        }
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
        long first = 0, end = 0;
        if (_dense == null)
        {
            first = row == 0 ? 0 : _starts[row - 1];
            end = _starts[row];
            if (first == end) return;
        }
        float* part = stackalloc float[_stride];
        for (int c = 0; c < _stride; c += S.Count)
        {
            V total = S.Zero;
            if (_dense != null) total = S.Load(_dense + (long)row * _stride + c);
            else
                for (long e = first; e < end; e++)
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
}
