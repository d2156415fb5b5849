using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Encoders;

/// <summary>Columns of a matrix that hold the heads of a query, key or value, one head behind the other.</summary>
internal readonly record struct HeadColumns(Matrix Matrix, int FirstColumn);

/// <summary>The learned bias tables of a layer: position (2N − 1) and time (129).</summary>
internal readonly record struct AttentionBiasTables(Parameter Position, Parameter Time);

/// <summary>What an attention layer computes.</summary>
internal readonly record struct AttentionLayer(int Heads, int QueryKeyDim, int ValueDim, bool Softmax, float Scale, double DropoutRate, AttentionBiasTables? Bias);

/// <summary>Causal attention over the sequences of a batch. Gradients of query, key and value columns are assigned, not added.</summary>
/// <remarks>
/// A piece (<see cref="CausalPieces"/>) keeps partial gradients of the bias tables; a sequence cut into parts also partial gradients of
/// its keys and values. Both are summed in order, so the bits do not depend on the threads.
/// </remarks>
internal sealed unsafe class AttentionOperation : Operation, ITraced
{
    // Vector reads of the bias may run this far past either table.
    private const int Slack = 64;
    private readonly Action<int> _silu, _siluBackward, _softmax, _softmaxBackward, _sumBias, _sumParts, _keep;
    private BatchRows _rows = null!, _wanted = null!;
    private AttentionLayer _layer;
    private HeadColumns _query, _key, _value;
    private Matrix _output;
    private AttentionBias _bias;
    private AttentionSettings _settings;
    private float* _denominators, _biasPartials;
    private float*[] _keyGradients = new float*[64];
    private int _positionSize;
    private int _block;
    private uint _firstRow;

    public AttentionOperation()
    {
        _silu = Choose(Forward<Vector512<float>, Simd512, SiluWeights<Vector512<float>, Simd512>>, Forward<Vector256<float>, Simd256, SiluWeights<Vector256<float>, Simd256>>, Forward<Vector128<float>, Simd128, SiluWeights<Vector128<float>, Simd128>>);
        _softmax = Choose(Forward<Vector512<float>, Simd512, SoftmaxWeights<Vector512<float>, Simd512>>, Forward<Vector256<float>, Simd256, SoftmaxWeights<Vector256<float>, Simd256>>, Forward<Vector128<float>, Simd128, SoftmaxWeights<Vector128<float>, Simd128>>);
        _siluBackward = Choose(Backward<Vector512<float>, Simd512, SiluWeights<Vector512<float>, Simd512>>, Backward<Vector256<float>, Simd256, SiluWeights<Vector256<float>, Simd256>>, Backward<Vector128<float>, Simd128, SiluWeights<Vector128<float>, Simd128>>);
        _softmaxBackward = Choose(Backward<Vector512<float>, Simd512, SoftmaxWeights<Vector512<float>, Simd512>>, Backward<Vector256<float>, Simd256, SoftmaxWeights<Vector256<float>, Simd256>>, Backward<Vector128<float>, Simd128, SoftmaxWeights<Vector128<float>, Simd128>>);
        _sumBias = Choose(SumBias<Vector512<float>, Simd512>, SumBias<Vector256<float>, Simd256>, SumBias<Vector128<float>, Simd128>);
        _keep = Choose(Keep<Vector512<float>, Simd512>, Keep<Vector256<float>, Simd256>, Keep<Vector128<float>, Simd128>);
        _sumParts = Choose(SumParts<Vector512<float>, Simd512>, SumParts<Vector256<float>, Simd256>, SumParts<Vector128<float>, Simd128>);
    }

    private SequenceBatch Batch => _rows.Batch;

    private int BiasPartialSize => Simd.Pad(_positionSize) + 2 * Slack + TimeBuckets.Count * 16;

    /// <summary>
    /// Attends from the rows that are <paramref name="wanted"/>, which the query has, to all, of which key and value have the
    /// <paramref name="rows"/> that are not settled: (wanted, heads · dv). Caches keep the keys and values of block <paramref name="block"/>.
    /// </summary>
    internal static Matrix Apply(Tape tape, BatchRows rows, BatchRows wanted, int block, in AttentionLayer layer, HeadColumns query, HeadColumns key, HeadColumns value)
    {
        var op = tape.Next<AttentionOperation>();
        (op._rows, op._wanted, op._block, op._layer, op._firstRow) = (rows, wanted, block, layer, tape.FirstRow);
        (op._query, op._key, op._value) = (query, key, value);
        op._output = tape.Allocate(query.Matrix.Rows, layer.Heads * layer.ValueDim, clearGradient: false);
        op._denominators = layer.Softmax && tape.Differentiates ? tape.AllocateFloats((long)rows.Count * layer.Heads) : null;
        Dropout dropout = tape.NextDropout(layer.DropoutRate);
        op._settings = new AttentionSettings { Scale = layer.Scale, DropoutKey = dropout.Key, DropoutThreshold = dropout.Threshold, DropoutScale = dropout.Scale };
        op.CopyBias();
        if (rows.HasCaches) tape.Workers.Run(rows.Batch.UserCount, op._keep);
        tape.Workers.Run(rows.Pieces.Count, layer.Softmax ? op._softmax : op._silu);
        return op._output;
    }

    public void AddTo(TraceSums sums)
    {
        AttentionSequence x = Sequence(0);
        int newest = x.Length - 1, dqk = _layer.QueryKeyDim, dv = _layer.ValueDim;
        double scale = _layer.Softmax ? _layer.Scale : 1;
        for (int h = 0; h < _layer.Heads; h++)
        {
            float* query = x.Query + newest * x.QueryStride + h * dqk;
            for (int j = 0; j <= newest; j++)
            {
                sums.Content[j] = scale * TraceSums.Dot(query, x.Key + j * x.KeyStride + h * dqk, dqk);
                sums.Position[j] = _bias.PositionCenter == null ? 0 : scale * _bias.PositionCenter[j - newest];
                sums.Time[j] = x.Buckets == null ? 0 : scale * _bias.Time[x.Buckets[TimeBuckets.Place(newest, j, x.Length)]];
            }
            if (_layer.Softmax) sums.Softmax();
            else sums.Silu(SiluWeights<Vector128<float>, Simd128>.Factor(_settings, newest, 0));
            sums.AddHead(x.Value + h * dv, x.ValueStride, dv);
        }
    }

    internal override long ForwardFlops => 2 * _wanted.PairCount * _layer.Heads * (_layer.QueryKeyDim + _layer.ValueDim);

    // Scores again, then the gradients of weights, values, queries and keys.
    internal override long BackwardFlops => ForwardFlops / (_layer.QueryKeyDim + _layer.ValueDim) * (3 * _layer.QueryKeyDim + 2 * _layer.ValueDim);

    internal override void Backward()
    {
        Tape.BeginGradient(_query.Matrix);
        Tape.BeginGradient(_key.Matrix);
        Tape.BeginGradient(_value.Matrix);
        int bias = _layer.Bias is null ? 0 : BiasPartialSize;
        ReadOnlySpan<CausalPart> parts = _rows.Pieces.Parts;
        if (_keyGradients.Length < parts.Length) _keyGradients = new float*[2 * parts.Length];
        long size = (long)bias * _rows.Pieces.Count;
        foreach (ref readonly CausalPart part in parts) size += KeyGradientSize(part);
        _biasPartials = Tape.Workspace(size);
        float* next = _biasPartials + (long)bias * _rows.Pieces.Count;
        bool cut = false;
        for (int p = 0; p < parts.Length; p++)
        {
            _keyGradients[p] = parts[p].Whole ? null : next;
            next += KeyGradientSize(parts[p]);
            cut |= !parts[p].Whole;
        }
        Tape.Workers.Run(_rows.Pieces.Count, _layer.Softmax ? _softmaxBackward : _siluBackward);
        if (cut) Tape.Workers.Run(parts.Length, _sumParts);
        // A share of a batch may have no sequence.
        if (bias > 0 && _rows.Pieces.Count > 0) _sumBias(0);
    }

    private long KeyGradientSize(in CausalPart part) =>
        part.Whole ? 0 : CausalAttention.KeyGradientSize(Batch.Length(part.Sequence), part.End, _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim);

    private void CopyBias()
    {
        _bias = default;
        if (_layer.Bias is not { } tables) return;
        _positionSize = tables.Position.Value.Columns;
        float* position = Tape.AllocateFloats(_positionSize + 2 * Slack, clear: true) + Slack;
        tables.Position.Value[0].CopyTo(new Span<float>(position, _positionSize));
        _bias.PositionCenter = position + (_positionSize - 1) / 2;
        if (!Batch.HasTimes) return;
        _rows.BuildTimeBuckets(Tape.Workers);
        _bias.Time = Tape.AllocateFloats(256, clear: true);
        tables.Time.Value[0].CopyTo(new Span<float>(_bias.Time, 256));
    }

    private void Forward<V, S, W>(int piece) where V : struct where S : struct, ISimd<V> where W : struct, IAttentionWeights<V, S>
    {
        foreach (ref readonly CausalPart part in _rows.Pieces[piece])
        {
            int first = Math.Max(part.First, _wanted.First(part.Sequence));
            if (first >= part.End) continue;
            CausalAttention<V, S, W>.Forward(Sequence(part.Sequence), first, part.End, _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim, _bias, _settings);
        }
    }

    private void Keep<V, S>(int user) where V : struct where S : struct, ISimd<V>
    {
        AttentionSequence x = Sequence(user);
        if (x.Strips.Table != null)
            CausalAttention<V, S, SiluWeights<V, S>>.Pack(x, x.Strips, _rows.First(user), x.Length, _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim, clears: false);
    }

    private void Backward<V, S, W>(int piece) where V : struct where S : struct, ISimd<V> where W : struct, IAttentionWeights<V, S>
    {
        float* position = null, time = null;
        if (_layer.Bias is not null)
        {
            float* partial = _biasPartials + (long)piece * BiasPartialSize;
            new Span<float>(partial, BiasPartialSize).Clear();
            position = partial + Slack + (_positionSize - 1) / 2;
            time = partial + Simd.Pad(_positionSize) + 2 * Slack;
        }
        int index = _rows.Pieces.Start(piece);
        foreach (ref readonly CausalPart part in _rows.Pieces[piece])
            CausalAttention<V, S, W>.Backward(
                Sequence(part.Sequence), Gradients(part.Sequence), part.First, part.End, _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim, _bias, _settings,
                _keyGradients[index++], position, time);
    }

    // A part puts together the keys that are its rows: what it and the parts behind it, which see them too, left for them.
    private void SumParts<V, S>(int index) where V : struct where S : struct, ISimd<V>
    {
        ReadOnlySpan<CausalPart> parts = _rows.Pieces.Parts;
        CausalPart part = parts[index];
        if (part.Whole) return;
        int length = Batch.Length(part.Sequence);
        long first = CausalAttention.KeyGradientSize(length, part.First, _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim);
        long end = CausalAttention.KeyGradientSize(length, part.End, _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim);
        float* sum = _keyGradients[index];
        for (int other = index + 1; other < parts.Length && parts[other].Sequence == part.Sequence; other++)
            for (long c = first; c < end; c += S.Count) S.Store(S.Add(S.Load(sum + c), S.Load(_keyGradients[other] + c)), sum + c);
        CausalAttention.Collect(Gradients(part.Sequence), part.First, part.End, _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim, sum);
    }

    private void SumBias<V, S>(int _) where V : struct where S : struct, ISimd<V>
    {
        float* position = _layer.Bias!.Value.Position.Value.Gradient, time = _layer.Bias.Value.Time.Value.Gradient;
        for (int piece = 0; piece < _rows.Pieces.Count; piece++)
            RowKernels<V, S>.Add(_biasPartials + (long)piece * BiasPartialSize + Slack, position, Simd.Pad(_positionSize));
        if (_bias.Time == null) return;
        float* first = _biasPartials + Simd.Pad(_positionSize) + 2 * Slack;
        for (int piece = 1; piece < _rows.Pieces.Count; piece++)
            RowKernels<V, S>.Add(first + (long)piece * BiasPartialSize, first, TimeBuckets.Count * 16);
        for (int bucket = 0; bucket < TimeBuckets.Count; bucket++)
        {
            V sum = S.Zero;
            for (int lane = 0; lane < 16; lane += S.Count) sum = S.Add(sum, S.Load(first + bucket * 16 + lane));
            time[bucket] += S.Sum(sum);
        }
    }

    private AttentionSequence Sequence(int user)
    {
        int first = _rows.Origin(user), firstQuery = _wanted.Origin(user);
        return new AttentionSequence
        {
            Length = Batch.Length(user),
            Query = _query.Matrix.Row(firstQuery) + _query.FirstColumn,
            QueryStride = _query.Matrix.Stride,
            Key = _key.Matrix.Row(first) + _key.FirstColumn,
            KeyStride = _key.Matrix.Stride,
            Value = _value.Matrix.Row(first) + _value.FirstColumn,
            ValueStride = _value.Matrix.Stride,
            Output = _output.Row(firstQuery),
            OutputStride = _output.Stride,
            Denominators = _denominators == null ? null : _denominators + (long)first * _layer.Heads,
            Buckets = _bias.Time == null ? null : _rows.Buckets + _rows.FirstBucket(user),
            FirstToken = (uint)first + _firstRow,
            Strips = _rows.Cache(user)?.Heads(_block) ?? default,
        };
    }

    private AttentionSequence Gradients(int user)
    {
        int first = _rows.Origin(user);
        AttentionSequence d = Sequence(user);
        d.Query = _query.Matrix.RowGradient(first) + _query.FirstColumn;
        d.Key = _key.Matrix.RowGradient(first) + _key.FirstColumn;
        d.Value = _value.Matrix.RowGradient(first) + _value.FirstColumn;
        d.Output = _output.RowGradient(first);
        return d;
    }
}
