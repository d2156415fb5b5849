using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Losses;

/// <summary>−log softmax[target] over items 1 … X, exactly; for catalogues up to about 10⁵ items.</summary>
/// <remarks>
/// Tokens in pieces of 32: scores against the transposed table, softmax in place, then both gradients from the same probabilities.
/// 6·T·X·D FLOPs; memory 32·X floats a thread and at most sixteen partial table gradients of X·D.
/// </remarks>
internal sealed unsafe class FullSoftmaxOperation : Operation
{
    private const int Tile = 32;
    private readonly Action<int> _forward, _unit, _reduce;
    private readonly RowGradient _tableGradient = new();
    private readonly double[] _pieceLoss = new double[16];
    private Parameter _table = null!;
    private Matrix _states;
    private int[] _targets = [];
    private float[] _weights = [];
    private float _temperature, _epsilon, _scale;
    private bool _normalize;
    private float* _items, _itemsTransposed, _gradients;
    private int _padded;
    private TokenBlocks _blocks, _tableBlocks;

    public FullSoftmaxOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _unit = Choose(Unit<Vector512<float>, Simd512>, Unit<Vector256<float>, Simd256>, Unit<Vector128<float>, Simd128>);
        _reduce = Choose(Reduce<Vector512<float>, Simd512>, Reduce<Vector256<float>, Simd256>, Reduce<Vector128<float>, Simd128>);
    }

    /// <summary>The loss; its gradient is added to the states and, on <see cref="Tape.Backward"/>, to the table.</summary>
    internal static double Apply(Tape tape, Parameter table, in NextItemBatch batch, float temperature, bool normalizeItems, float epsilon)
    {
        var op = tape.Next<FullSoftmaxOperation>();
        (op._table, op._states, op._temperature, op._normalize, op._epsilon) = (table, batch.States, temperature, normalizeItems, epsilon);
        int tokens = batch.Targets.Length, rows = table.Value.Rows;
        if (op._targets.Length < tokens) (op._targets, op._weights) = (new int[tokens * 5 / 4], new float[tokens * 5 / 4]);
        batch.Targets.CopyTo(op._targets);
        for (int t = 0; t < tokens; t++) op._weights[t] = batch.Weight(t);
        op._padded = Simd.Pad(rows);
        op._items = tape.AllocateFloats(table.Value.Size);
        op._itemsTransposed = tape.AllocateFloats((long)table.Value.Columns * op._padded);
        op._tableBlocks = TokenBlocks.Fine(rows);
        tape.Workers.Run(op._tableBlocks.Count, op._unit);
        Layout.Transpose(op._items, table.Value.Stride, op._itemsTransposed, op._padded, rows, table.Value.Columns);
        op._blocks = TokenBlocks.Partials(tokens);
        op._gradients = !batch.States.HasGradient ? null : tape.AllocateFloats(op._blocks.Count * table.Value.Size, clear: true);
        double total = Math.Max(batch.TotalWeight(), 1e-12);
        op._scale = (float)(1 / total);
        tape.Workers.Run(op._blocks.Count, op._forward);
        double sum = 0;
        for (int piece = 0; piece < op._blocks.Count; piece++) sum += op._pieceLoss[piece];
        return sum / total;
    }

    // Scores and both gradients in the same pass.
    internal override long ForwardFlops => (_states.HasGradient ? 6 : 2) * (long)_states.Rows * _table.Value.Rows * _states.Columns;

    internal override void Backward()
    {
        Tape.Workers.Run(_tableBlocks.Count, _reduce);
        _tableGradient.SetDense(_gradients, _table.Value, _normalize, _epsilon);
        _table.Add(_tableGradient);
    }

    private void Unit<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _tableBlocks[piece];
        int stride = _table.Value.Stride;
        for (int row = first; row < end; row++)
        {
            float* e = _table.Value.Row(row), target = _items + (long)row * stride;
            V scale = S.Create(_normalize ? RowKernels<V, S>.InverseNorm(e, stride, _epsilon) : 1f);
            for (int c = 0; c < stride; c += S.Count) S.Store(S.Multiply(S.Load(e + c), scale), target + c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int stride = _states.Stride, rows = _table.Value.Rows;
        float* scores = Scratch.Take((long)Tile * _padded);
        double sum = 0;
        var (start, end) = _blocks[piece];
        for (int first = start; first < end; first += Tile)
        {
            int count = Math.Min(Tile, end - first);
            MatrixMultiply.Run(_states.Row(first), stride, 1, _itemsTransposed, _padded, scores, _padded, count, _states.Columns, _padded, false);
            for (int t = 0; t < count; t++) sum += _weights[first + t] * Softmax<V, S>(scores + (long)t * _padded, _targets[first + t], rows, _weights[first + t] * _scale / _temperature);
            if (_gradients == null) continue;
            MatrixMultiply.Run(scores, _padded, 1, _items, stride, _states.RowGradient(first), stride, count, rows, stride, true);
            MatrixMultiply.Run(scores, 1, _padded, _states.Row(first), stride, _gradients + piece * _table.Value.Size, stride, rows, count, stride, true);
        }
        _pieceLoss[piece] = sum;
    }

    // scores → scale · (softmax − one-hot); column 0 is padding and takes no part.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Softmax<V, S>(float* scores, int target, int rows, float scale) where V : struct where S : struct, ISimd<V>
    {
        V inverseTemperature = S.Create(1f / _temperature), highest = S.Create(float.NegativeInfinity);
        scores[0] = float.NegativeInfinity;
        for (int i = rows; i < _padded; i++) scores[i] = float.NegativeInfinity;
        for (int c = 0; c < _padded; c += S.Count)
        {
            V s = S.Multiply(S.Load(scores + c), inverseTemperature);
            S.Store(s, scores + c);
            highest = S.Max(highest, s);
        }
        float maximum = S.MaxLane(highest), positive = scores[target];
        V center = S.Create(maximum), total = S.Zero;
        for (int c = 0; c < _padded; c += S.Count)
        {
            V e = VectorMath<V, S>.Exp(S.Subtract(S.Load(scores + c), center));
            S.Store(e, scores + c);
            total = S.Add(total, e);
        }
        float sum = S.Sum(total);
        V factor = S.Create(scale / sum);
        for (int c = 0; c < _padded; c += S.Count) S.Store(S.Multiply(S.Load(scores + c), factor), scores + c);
        scores[0] = 0;
        for (int i = rows; i < _padded; i++) scores[i] = 0;
        scores[target] -= scale;
        return maximum + Math.Log(sum) - positive;
    }

    private void Reduce<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _tableBlocks[piece];
        int stride = _table.Value.Stride;
        for (int part = 1; part < _blocks.Count; part++)
            for (int row = first; row < end; row++)
                RowKernels<V, S>.Add(_gradients + part * _table.Value.Size + (long)row * stride, _gradients + (long)row * stride, stride);
    }
}
