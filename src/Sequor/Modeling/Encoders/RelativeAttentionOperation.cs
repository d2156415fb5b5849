using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// One attention channel whose weights are a learned function of place or time alone: o_i = Σ_{j ≤ i} w_ij · v_j. Gradients of the
/// values are added.
/// </summary>
/// <remarks>A piece (<see cref="CausalPieces"/>) keeps the weights' gradient of its squares; they are summed in order, so the bits do not depend on the threads.</remarks>
internal sealed unsafe class RelativeAttentionOperation : Operation, ITraced
{
    // Vector reads of the table may run this far past either end.
    private const int Slack = 64;
    private readonly Action<int> _forward, _backward, _sum, _keep;
    private BatchRows _rows = null!, _wanted = null!;
    private HeadColumns _value;
    private Matrix _output;
    private Parameter _table = null!;
    private Parameter? _exponent;
    private RelativeWeights _weights;
    private float* _partials;
    private int _block;

    public RelativeAttentionOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
        _keep = Choose(Keep<Vector512<float>, Simd512>, Keep<Vector256<float>, Simd256>, Keep<Vector128<float>, Simd128>);
        _sum = Choose(SumPartials<Vector512<float>, Simd512>, SumPartials<Vector256<float>, Simd256>, SumPartials<Vector128<float>, Simd128>);
    }

    /// <summary>
    /// w_ij = table[N − 1 + j − i] with a table of 2N − 1: (wanted, columns). Caches keep the values of block <paramref name="block"/>, once for
    /// all of its channels.
    /// </summary>
    internal static Matrix ByPosition(Tape tape, BatchRows rows, BatchRows wanted, int block, HeadColumns value, int columns, Parameter table)
    {
        RelativeAttentionOperation op = Next(tape, rows, wanted, block, value, columns, table, null);
        if (rows.HasCaches) tape.Workers.Run(rows.Batch.UserCount, op._keep);
        int size = table.Value.Columns;
        float* copy = tape.AllocateFloats(size + 2 * Slack, clear: true) + Slack;
        table.Value[0].CopyTo(new Span<float>(copy, size));
        op._weights = new RelativeWeights { Kind = RelativeWeightKind.Position, Table = copy + (size - 1) / 2, Scale = 1 };
        return op.Run();
    }

    /// <summary>w_ij = table[bucket(t_{i + 1} − t_j)] with a table of 129, behind <see cref="ByPosition"/>: (wanted, columns); zero where the batch has no times.</summary>
    internal static Matrix ByTimeBucket(Tape tape, BatchRows rows, BatchRows wanted, int block, HeadColumns value, int columns, Parameter table)
    {
        RelativeAttentionOperation op = Next(tape, rows, wanted, block, value, columns, table, null);
        float* copy = tape.AllocateFloats(256, clear: true);
        table.Value[0].CopyTo(new Span<float>(copy, 256));
        op._weights = new RelativeWeights { Kind = RelativeWeightKind.TimeBucket, Table = copy, Scale = 1 };
        rows.BuildTimeBuckets(tape.Workers);
        return op.Run();
    }

    /// <summary>w_ij = a · (max(t_{i + 1} − t_j, 0) + 1)⁻ᵇ in the data's unit of time, behind <see cref="ByPosition"/>: (wanted, columns); zero where the batch has no times.</summary>
    internal static Matrix ByTimeDecay(Tape tape, BatchRows rows, BatchRows wanted, int block, HeadColumns value, int columns, Parameter a, Parameter b)
    {
        RelativeAttentionOperation op = Next(tape, rows, wanted, block, value, columns, a, b);
        op._weights = new RelativeWeights { Kind = RelativeWeightKind.TimeDecay, Scale = a.Value[0][0], Exponent = b.Value[0][0] };
        return op.Run();
    }

    public void AddTo(TraceSums sums)
    {
        if (Off) return;
        fixed (long* times = Batch.Times)
        {
            RelativeSequence x = Sequence(0, times);
            int newest = x.Length - 1;
            for (int j = 0; j <= newest; j++)
                sums.Weights[j] = _weights.Kind switch
                {
                    RelativeWeightKind.Position => _weights.Table[j - newest],
                    RelativeWeightKind.TimeBucket => _weights.Table[x.Buckets[TimeBuckets.Place(newest, j, x.Length)]],
                    _ => _weights.Scale * Math.Pow(Math.Max((double)x.Times[newest + 1] - x.Times[j], 0) + 1, -_weights.Exponent),
                };
            sums.AddChannel(_weights.Kind != RelativeWeightKind.Position, x.Value, x.ValueStride, _output.Columns);
        }
    }

    internal override long ForwardFlops => Off ? 0 : 2 * _wanted.PairCount * _output.Columns;

    // The gradients of weights and values.
    internal override long BackwardFlops => 2 * ForwardFlops;

    private SequenceBatch Batch => _rows.Batch;

    private bool Off => _weights.Kind != RelativeWeightKind.Position && !Batch.HasTimes;

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
        // A share of a batch may have no sequence.
        if (_rows.Pieces.Count == 0) return;
        _partials = Tape.Workspace((long)PartialSize * _rows.Pieces.Count);
        Tape.Workers.Run(_rows.Pieces.Count, _backward);
        _sum(0);
    }

    private static RelativeAttentionOperation Next(Tape tape, BatchRows rows, BatchRows wanted, int block, HeadColumns value, int columns, Parameter table, Parameter? exponent)
    {
        var op = tape.Next<RelativeAttentionOperation>();
        (op._rows, op._wanted, op._block, op._value, op._table, op._exponent) = (rows, wanted, block, value, table, exponent);
        op._output = tape.Allocate(wanted.Count, columns, clearGradient: false);
        return op;
    }

    private Matrix Run()
    {
        if (Off) for (int t = 0; t < _output.Rows; t++) new Span<float>(_output.Row(t), _output.Stride).Clear();
        else Tape.Workers.Run(_rows.Pieces.Count, _forward);
        return _output;
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        fixed (long* times = Batch.Times)
            foreach (ref readonly CausalPart part in _rows.Pieces[piece])
            {
                int first = Math.Max(part.First, _wanted.First(part.Sequence));
                if (first < part.End) RelativeAttention<V, S>.Forward(Sequence(part.Sequence, times), _weights, first, part.End, _output.Columns);
            }
    }

    private void Keep<V, S>(int user) where V : struct where S : struct, ISimd<V>
    {
        RelativeSequence x = Sequence(user, null);
        if (x.Strips.Table != null) RelativeAttention<V, S>.Pack(x, x.Strips, _rows.First(user), x.Length, _output.Columns);
    }

    // Rows cost more the later they are, keys the earlier: a part of the rows stands for as many strips of keys from the other end.
    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        float* partial = _partials + (long)piece * PartialSize;
        new Span<float>(partial, PartialSize).Clear();
        float* gradient = _weights.Kind == RelativeWeightKind.Position ? partial + Slack + (_table.Value.Columns - 1) / 2 : partial;
        fixed (long* times = Batch.Times)
            foreach (ref readonly CausalPart part in _rows.Pieces[piece])
            {
                int strips = Strips(Batch.Length(part.Sequence));
                RelativeAttention<V, S>.Backward(
                    Sequence(part.Sequence, times), Gradients(part.Sequence), _weights, strips - Strips(part.End), strips - part.First / CausalAttention.BlockRows, _output.Columns, gradient);
            }
    }

    private static int Strips(int rows) => (rows + CausalAttention.BlockRows - 1) / CausalAttention.BlockRows;

    private void SumPartials<V, S>(int _) where V : struct where S : struct, ISimd<V>
    {
        int size = PartialSize, pieces = _rows.Pieces.Count;
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
        return new RelativeSequence
        {
            Length = Batch.Length(user),
            Value = _value.Matrix.Row(_rows.Origin(user)) + _value.FirstColumn,
            ValueStride = _value.Matrix.Stride,
            Output = _output.Row(_wanted.Origin(user)),
            OutputStride = _output.Stride,
            Buckets = _weights.Kind == RelativeWeightKind.TimeBucket ? _rows.Buckets + _rows.FirstBucket(user) : null,
            Times = _weights.Kind == RelativeWeightKind.TimeDecay ? times + Batch.Offsets[user] + user : null,
            Strips = _rows.Cache(user)?.Channels(_block) ?? default,
        };
    }

    private RelativeSequence Gradients(int user)
    {
        int first = _rows.Origin(user);
        return new RelativeSequence
        {
            Length = Batch.Length(user),
            Value = _value.Matrix.RowGradient(first) + _value.FirstColumn,
            ValueStride = _value.Matrix.Stride,
            Output = _output.RowGradient(first),
            OutputStride = _output.Stride,
        };
    }
}
