using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// One attention channel whose weights are a learned function of place or time alone: o_i = Σ_{j ≤ i} w_ij · v_j. Gradients of the
/// values are added.
/// </summary>
/// <remarks>A piece (<see cref="CausalPieces"/>) keeps the weights' gradient of its squares; they are summed in order, so the bits do not depend on the threads.</remarks>
internal sealed unsafe class RelativeAttentionOperation : Operation
{
    // Vector reads of the table may run this far past either end.
    private const int Slack = 64;
    private readonly Action<int> _forward, _backward, _sum;
    private SequenceBatch _batch = null!;
    private HeadColumns _value;
    private Matrix _output;
    private Parameter _table = null!;
    private Parameter? _exponent;
    private RelativeWeights _weights;
    private float* _partials;

    public RelativeAttentionOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
        _sum = Choose(SumPartials<Vector512<float>, Simd512>, SumPartials<Vector256<float>, Simd256>, SumPartials<Vector128<float>, Simd128>);
    }

    /// <summary>w_ij = table[N − 1 + j − i] with a table of 2N − 1: (T, columns).</summary>
    internal static Matrix ByPosition(Tape tape, SequenceBatch batch, HeadColumns value, int columns, Parameter table)
    {
        RelativeAttentionOperation op = Next(tape, batch, value, columns, table, null);
        int size = table.Value.Columns;
        float* copy = tape.AllocateFloats(size + 2 * Slack, clear: true) + Slack;
        table.Value[0].CopyTo(new Span<float>(copy, size));
        op._weights = new RelativeWeights { Kind = RelativeWeightKind.Position, Table = copy + (size - 1) / 2, Scale = 1 };
        return op.Run();
    }

    /// <summary>w_ij = table[bucket(t_{i + 1} − t_j)] with a table of 129: (T, columns); zero where the batch has no times.</summary>
    internal static Matrix ByTimeBucket(Tape tape, SequenceBatch batch, HeadColumns value, int columns, Parameter table)
    {
        RelativeAttentionOperation op = Next(tape, batch, value, columns, table, null);
        float* copy = tape.AllocateFloats(256, clear: true);
        table.Value[0].CopyTo(new Span<float>(copy, 256));
        op._weights = new RelativeWeights { Kind = RelativeWeightKind.TimeBucket, Table = copy, Scale = 1 };
        batch.BuildTimeBuckets(tape.Workers);
        return op.Run();
    }

    /// <summary>w_ij = a · (max(t_{i + 1} − t_j, 0) + 1)⁻ᵇ in the data's unit of time: (T, columns); zero where the batch has no times.</summary>
    internal static Matrix ByTimeDecay(Tape tape, SequenceBatch batch, HeadColumns value, int columns, Parameter a, Parameter b)
    {
        RelativeAttentionOperation op = Next(tape, batch, value, columns, a, b);
        op._weights = new RelativeWeights { Kind = RelativeWeightKind.TimeDecay, Scale = a.Value[0][0], Exponent = b.Value[0][0] };
        return op.Run();
    }

    internal override long ForwardFlops
    {
        get
        {
            long pairs = 0;
            for (int b = 0; b < _batch.UserCount && !Off; b++) pairs += (long)_batch.Length(b) * (_batch.Length(b) + 1) / 2;
            return 2 * pairs * _output.Columns;
        }
    }

    // The gradients of weights and values.
    internal override long BackwardFlops => 2 * ForwardFlops;

    private bool Off => _weights.Kind != RelativeWeightKind.Position && !_batch.HasTimes;

    private int PartialSize => _weights.Kind switch
    {
        RelativeWeightKind.Position => Simd.Pad(_table.Value.Columns) + 2 * Slack,
        RelativeWeightKind.TimeBucket => TimeBuckets.Count * 16,
        _ => 16,
    };

    internal override void Backward()
    {
        if (Off) return;
        Tape.BeginGradient(_value.Matrix);
        _partials = Tape.Workspace((long)PartialSize * _batch.Pieces.Count);
        Tape.Workers.Run(_batch.Pieces.Count, _backward);
        _sum(0);
    }

    private static RelativeAttentionOperation Next(Tape tape, SequenceBatch batch, HeadColumns value, int columns, Parameter table, Parameter? exponent)
    {
        var op = tape.Next<RelativeAttentionOperation>();
        (op._batch, op._value, op._table, op._exponent) = (batch, value, table, exponent);
        op._output = tape.Allocate(batch.TokenCount, columns, clearGradient: false);
        return op;
    }

    private Matrix Run()
    {
        if (Off) for (int t = 0; t < _output.Rows; t++) new Span<float>(_output.Row(t), _output.Stride).Clear();
        else Tape.Workers.Run(_batch.Pieces.Count, _forward);
        return _output;
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        fixed (long* times = _batch.Times)
            foreach (ref readonly CausalPart part in _batch.Pieces[piece])
                RelativeAttention<V, S>.Forward(Sequence(part.Sequence, times), _weights, part.First, part.End, _output.Columns);
    }

    // Rows cost more the later they are, keys the earlier: a part of the rows stands for as many strips of keys from the other end.
    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        float* partial = _partials + (long)piece * PartialSize;
        new Span<float>(partial, PartialSize).Clear();
        float* gradient = _weights.Kind == RelativeWeightKind.Position ? partial + Slack + (_table.Value.Columns - 1) / 2 : partial;
        fixed (long* times = _batch.Times)
            foreach (ref readonly CausalPart part in _batch.Pieces[piece])
            {
                int strips = Strips(_batch.Length(part.Sequence));
                RelativeAttention<V, S>.Backward(
                    Sequence(part.Sequence, times), Gradients(part.Sequence), _weights, strips - Strips(part.End), strips - part.First / CausalAttention.BlockRows, _output.Columns, gradient);
            }
    }

    private static int Strips(int rows) => (rows + CausalAttention.BlockRows - 1) / CausalAttention.BlockRows;

    private void SumPartials<V, S>(int _) where V : struct where S : struct, ISimd<V>
    {
        int size = PartialSize, pieces = _batch.Pieces.Count;
        float* gradient = _table.Value.Gradient;
        switch (_weights.Kind)
        {
            case RelativeWeightKind.Position:
                for (int piece = 0; piece < pieces; piece++) RowKernels<V, S>.Add(_partials + (long)piece * size + Slack, gradient, size - 2 * Slack);
                break;
            case RelativeWeightKind.TimeBucket:
                for (int piece = 1; piece < pieces; piece++) RowKernels<V, S>.Add(_partials + (long)piece * size, _partials, size);
                for (int bucket = 0; bucket < TimeBuckets.Count; bucket++)
                    for (int lane = 0; lane < 16; lane++) gradient[bucket] += _partials[bucket * 16 + lane];
                break;
            default:
                double powers = 0, slopes = 0;
                for (int piece = 0; piece < pieces; piece++)
                {
                    powers += ((double*)(_partials + (long)piece * size))[0];
                    slopes += ((double*)(_partials + (long)piece * size))[1];
                }
                // d/db of a·2^(−b·log₂(Δ + 1)).
                gradient[0] += (float)powers;
                *_exponent!.Value.Gradient += (float)(-_weights.Scale * Math.Log(2) * slopes);
                break;
        }
    }

    private RelativeSequence Sequence(int user, long* times)
    {
        int first = _batch.Offsets[user];
        return new RelativeSequence
        {
            Length = _batch.Length(user),
            Value = _value.Matrix.Row(first) + _value.FirstColumn,
            ValueStride = _value.Matrix.Stride,
            Output = _output.Row(first),
            OutputStride = _output.Stride,
            Buckets = _weights.Kind == RelativeWeightKind.TimeBucket ? _batch.Buckets + _batch.FirstBucket(user) : null,
            Times = _weights.Kind == RelativeWeightKind.TimeDecay ? times + first + user : null,
        };
    }

    private RelativeSequence Gradients(int user)
    {
        int first = _batch.Offsets[user];
        return new RelativeSequence
        {
            Length = _batch.Length(user),
            Value = _value.Matrix.RowGradient(first) + _value.FirstColumn,
            ValueStride = _value.Matrix.Stride,
            Output = _output.RowGradient(first),
            OutputStride = _output.Stride,
        };
    }
}
