using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>x[t] = dropout(table[item[t]] · √D + position[place of t in its history]) (LearnablePositionalEmbeddingInputFeaturesPreprocessor).</summary>
internal sealed unsafe class EmbeddingOperation : Operation
{
    private readonly Action<int> _forward, _backward, _positions;
    private readonly RowGradient _tableGradient = new();
    private SequenceBatch _batch = null!;
    private Parameter _table = null!, _position = null!;
    private Matrix _x;
    private Dropout _dropout;
    private float _scale;

    public EmbeddingOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
        _positions = Choose(Positions<Vector512<float>, Simd512>, Positions<Vector256<float>, Simd256>, Positions<Vector128<float>, Simd128>);
    }

    /// <summary>Embeds the tokens of a batch: (T, D).</summary>
    internal static Matrix Apply(Tape tape, SequenceBatch batch, Parameter table, Parameter position, double dropoutRate)
    {
        var op = tape.Next<EmbeddingOperation>();
        op._batch = batch;
        op._table = table;
        op._position = position;
        op._scale = MathF.Sqrt(table.Value.Columns);
        op._dropout = tape.NextDropout(dropoutRate);
        op._x = tape.Allocate(batch.TokenCount, table.Value.Columns, clearGradient: false);
        tape.Workers.Run(batch.UserCount, op._forward);
        return op._x;
    }

    internal override long GatheredBytes => sizeof(float) * _x.Size;

    internal override void Backward()
    {
        Tape.Workers.Run(_batch.UserCount, _backward);
        Tape.Workers.Run(16, _positions);
        fixed (int* ids = _batch.Items)
            _tableGradient.Set(Tape, ids, _batch.TokenCount, 1, null, _scale, _x.Gradient, _table.Value, normalized: false, epsilon: 0);
        _table.Add(_tableGradient);
    }

    private void Forward<V, S>(int user) where V : struct where S : struct, ISimd<V>
    {
        int first = _batch.Offsets[user], length = _batch.Length(user);
        ReadOnlySpan<int> items = _batch.Items.Slice(first, length);
        V scale = S.Create(_scale);
        for (int i = 0; i < length; i++)
        {
            float* e = _table.Value.Row(items[i]), p = _position.Value.Row(i), x = _x.Row(first + i);
            for (int c = 0; c < _x.Stride; c += S.Count)
                S.Store(S.Multiply(S.MultiplyAdd(S.Load(e + c), scale, S.Load(p + c)), _dropout.Factors<V, S>(first + i, _x.Stride, c)), x + c);
        }
    }

    private void Backward<V, S>(int user) where V : struct where S : struct, ISimd<V>
    {
        if (!_dropout.Active) return;
        for (int t = _batch.Offsets[user]; t < _batch.Offsets[user + 1]; t++)
        {
            float* d = _x.RowGradient(t);
            for (int c = 0; c < _x.Stride; c += S.Count) S.Store(S.Multiply(S.Load(d + c), _dropout.Factors<V, S>(t, _x.Stride, c)), d + c);
        }
    }

    // Piece p sums the positions p, p + 16, … over the users, in order.
    private void Positions<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        for (int user = 0; user < _batch.UserCount; user++)
        {
            int first = _batch.Offsets[user], length = _batch.Length(user);
            for (int i = piece; i < length; i += 16) RowKernels<V, S>.Add(_x.RowGradient(first + i), _position.Value.RowGradient(i), _x.Stride);
        }
    }
}
