using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>x[t] = dropout(table[item[t]] · √D + position[place of t in its history]) (LearnablePositionalEmbeddingInputFeaturesPreprocessor).</summary>
/// <remarks>Forward by tokens, backward by positions (<see cref="PositionGradient"/>).</remarks>
internal sealed unsafe class EmbeddingOperation : Operation
{
    private const int PrefetchDistance = 8;
    private readonly Action<int> _forward, _backward;
    private readonly RowGradient _tableGradient = new();
    private BatchRows _rows = null!;
    private Parameter _table = null!, _position = null!;
    private Matrix _x;
    private Dropout _dropout;
    private TokenBlocks _blocks;
    private float _scale;

    public EmbeddingOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>Embeds tokens of a batch: (rows, D).</summary>
    internal static Matrix Apply(Tape tape, BatchRows rows, Parameter table, Parameter position, double dropoutRate)
    {
        var op = tape.Next<EmbeddingOperation>();
        op._rows = rows;
        op._table = table;
        op._position = position;
        op._scale = MathF.Sqrt(table.Value.Columns);
        op._dropout = tape.NextDropout(dropoutRate);
        op._x = tape.Allocate(rows.Count, table.Value.Columns, clearGradient: false);
        op._blocks = TokenBlocks.Fine(rows.Count);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._x;
    }

    internal override bool KeepsOutputGradient => true;

    internal override long GatheredBytes => sizeof(float) * _x.Size;

    internal override void Backward()
    {
        Tape.Workers.Run(PositionGradient.PieceCount(_rows.Batch), _backward);
        fixed (int* ids = _rows.Batch.Items)
            _tableGradient.Set(Tape, ids, _rows.Count, 1, null, _scale, _x.Gradient, _table.Value, normalized: false, epsilon: 0);
        _table.Add(_tableGradient);
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        ReadOnlySpan<int> items = _rows.Batch.Items, offsets = _rows.Offsets, tokens = _rows.Batch.Offsets;
        int user = _rows.UserOf(first), origin = _rows.Origin(user);
        bool prefetches = _table.Value.Size > Prefetch.Pays;
        V scale = S.Create(_scale);
        for (int t = first; t < end; t++)
        {
            if (t == offsets[user + 1]) origin = _rows.Origin(++user);
            int place = t - origin, token = tokens[user] + place;
            if (prefetches && token + PrefetchDistance < items.Length) Prefetch.Row(_table.Value.Row(items[token + PrefetchDistance]), _x.Stride);
            float* e = _table.Value.Row(items[token]), p = _position.Value.Row(place), x = _x.Row(t);
            for (int c = 0; c < _x.Stride; c += S.Count)
                S.Store(S.Multiply(S.MultiplyAdd(S.Load(e + c), scale, S.Load(p + c)), _dropout.Factors<V, S>(t, _x.Stride, c)), x + c);
        }
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V> => PositionGradient.Run<V, S>(piece, _rows.Batch, _x, _position, _dropout);
}
