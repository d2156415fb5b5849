using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Similarities;

/// <summary>Rows of a table of users, hashed: e = dropout(table[key mod (rows − 1) + 1]) for each row of a side; a user without a key gets zeros.</summary>
internal sealed unsafe class UserEmbeddingOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private readonly RowGradient _tableGradient = new();
    private readonly double[] _squares = new double[64];
    private Parameter _table = null!;
    private Matrix _y;
    private int* _ids;
    private float _squaresGradient;
    private Dropout _dropout;
    private bool _dropsRows;
    private TokenBlocks _blocks;

    public UserEmbeddingOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    internal override bool KeepsOutputGradient => true;

    internal override long GatheredBytes => sizeof(float) * _y.Size;

    /// <summary>
    /// Looks the rows up. <paramref name="keys"/> has one key a row, −1 for none; <paramref name="wholeRows"/> drops rows as a whole. The mean over rows
    /// of ‖table row‖² joins the loss with <paramref name="normWeight"/>.
    /// </summary>
    internal static Matrix Apply(Tape tape, Parameter table, ReadOnlySpan<long> keys, double dropoutRate, bool wholeRows, float normWeight, out double meanSquaredNorm)
    {
        var op = tape.Next<UserEmbeddingOperation>();
        op._table = table;
        op._dropsRows = wholeRows;
        op._dropout = tape.NextDropout(dropoutRate);
        op._squaresGradient = 2 * normWeight / keys.Length;
        op._y = tape.Allocate(keys.Length, table.Value.Columns, clearGradient: false);
        op._ids = (int*)tape.AllocateFloats(keys.Length);
        for (int t = 0; t < keys.Length; t++) op._ids[t] = keys[t] < 0 ? 0 : (int)(keys[t] % (table.Value.Rows - 1)) + 1;
        op._blocks = TokenBlocks.Partials(keys.Length);
        tape.Workers.Run(op._blocks.Count, op._forward);
        meanSquaredNorm = 0;
        for (int piece = 0; piece < op._blocks.Count; piece++) meanSquaredNorm += op._squares[piece] / keys.Length;
        return op._y;
    }

    internal override void Backward()
    {
        Tape.Workers.Run(_blocks.Count, _backward);
        _tableGradient.Set(Tape, _ids, _y.Rows, 1, null, 1f, _y.Gradient, _table.Value, normalized: false, epsilon: 0);
        _table.Add(_tableGradient);
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        double squares = 0;
        for (int t = first; t < end; t++)
        {
            float* e = _table.Value.Row(_ids[t]), y = _y.Row(t);
            if (_ids[t] == 0)
            {
                new Span<float>(y, _y.Stride).Clear();
                continue;
            }
            squares += RowKernels<V, S>.Dot(e, e, _y.Stride);
            for (int c = 0; c < _y.Stride; c += S.Count) S.Store(S.Multiply(S.Load(e + c), Factors<V, S>(t, c)), y + c);
        }
        _squares[piece] = squares;
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        V squares = S.Create(_squaresGradient);
        for (int t = first; t < end; t++)
        {
            float* e = _table.Value.Row(_ids[t]), d = _y.RowGradient(t);
            if (_ids[t] == 0)
            {
                new Span<float>(d, _y.Stride).Clear();
                continue;
            }
            for (int c = 0; c < _y.Stride; c += S.Count)
                S.Store(S.MultiplyAdd(squares, S.Load(e + c), S.Multiply(S.Load(d + c), Factors<V, S>(t, c))), d + c);
        }
    }

    private V Factors<V, S>(int row, int column) where V : struct where S : struct, ISimd<V> =>
        _dropsRows && _dropout.Active ? S.Create(_dropout.RowFactor(row)) : _dropout.Factors<V, S>(row, _y.Stride, column);
}
