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
internal sealed unsafe class AttentionOperation : Operation
{
    private const int MostGroups = 16;

    // Vector reads of the bias may run this far past either table.
    private const int Slack = 64;
    private readonly Action<int> _silu, _siluBackward, _softmax, _softmaxBackward;
    private readonly int[] _groups = new int[MostGroups + 1];
    private SequenceBatch _batch = null!;
    private AttentionLayer _layer;
    private HeadColumns _query, _key, _value;
    private Matrix _output;
    private AttentionBias _bias;
    private AttentionSettings _settings;
    private int _groupCount;
    private float* _biasPartials;
    private int _positionSize;

    public AttentionOperation()
    {
        _silu = Choose(Forward<Vector512<float>, Simd512, SiluWeights<Vector512<float>, Simd512>>, Forward<Vector256<float>, Simd256, SiluWeights<Vector256<float>, Simd256>>, Forward<Vector128<float>, Simd128, SiluWeights<Vector128<float>, Simd128>>);
        _softmax = Choose(Forward<Vector512<float>, Simd512, SoftmaxWeights<Vector512<float>, Simd512>>, Forward<Vector256<float>, Simd256, SoftmaxWeights<Vector256<float>, Simd256>>, Forward<Vector128<float>, Simd128, SoftmaxWeights<Vector128<float>, Simd128>>);
        _siluBackward = Choose(Backward<Vector512<float>, Simd512, SiluWeights<Vector512<float>, Simd512>>, Backward<Vector256<float>, Simd256, SiluWeights<Vector256<float>, Simd256>>, Backward<Vector128<float>, Simd128, SiluWeights<Vector128<float>, Simd128>>);
        _softmaxBackward = Choose(Backward<Vector512<float>, Simd512, SoftmaxWeights<Vector512<float>, Simd512>>, Backward<Vector256<float>, Simd256, SoftmaxWeights<Vector256<float>, Simd256>>, Backward<Vector128<float>, Simd128, SoftmaxWeights<Vector128<float>, Simd128>>);
    }

    /// <summary>Attends: (T, heads · dv).</summary>
    internal static Matrix Apply(Tape tape, SequenceBatch batch, in AttentionLayer layer, HeadColumns query, HeadColumns key, HeadColumns value)
    {
        var op = tape.Next<AttentionOperation>();
        op._batch = batch;
        op._layer = layer;
        (op._query, op._key, op._value) = (query, key, value);
        op._output = tape.Allocate(batch.TokenCount, layer.Heads * layer.ValueDim, clearGradient: false);
        Dropout dropout = tape.NextDropout(layer.DropoutRate);
        op._settings = new AttentionSettings { Scale = layer.Scale, DropoutKey = dropout.Key, DropoutThreshold = dropout.Threshold, DropoutScale = dropout.Scale };
        op.CopyBias();
        op.Group();
        tape.Workers.Run(batch.UserCount, layer.Softmax ? op._softmax : op._silu);
        return op._output;
    }

    internal override long ForwardFlops
    {
        get
        {
            long pairs = 0;
            for (int b = 0; b < _batch.UserCount; b++) pairs += TimeBuckets.TriangleSize(_batch.Length(b));
            return 2 * pairs * _layer.Heads * (_layer.QueryKeyDim + _layer.ValueDim);
        }
    }

    // Scores again, then the gradients of weights, values, queries and keys.
    internal override long BackwardFlops => ForwardFlops / (_layer.QueryKeyDim + _layer.ValueDim) * (3 * _layer.QueryKeyDim + 2 * _layer.ValueDim);

    internal override void Backward()
    {
        Tape.BeginGradient(_query.Matrix);
        Tape.BeginGradient(_key.Matrix);
        Tape.BeginGradient(_value.Matrix);
        int size = _positionSize + 2 * Slack + 256 * 16;
        _biasPartials = _layer.Bias is null ? null : Tape.AllocateFloats((long)size * _groupCount, clear: true);
        Tape.Workers.Run(_groupCount, _layer.Softmax ? _softmaxBackward : _siluBackward);
        if (_layer.Bias is not { } tables) return;
        float* position = tables.Position.Value.Gradient, time = tables.Time.Value.Gradient;
        for (int g = 0; g < _groupCount; g++)
        {
            float* part = _biasPartials + (long)g * size + Slack, histogram = part + _positionSize + Slack;
            for (int i = 0; i < _positionSize; i++) position[i] += part[i];
            if (_batch.Buckets == null) continue;
            for (int bucket = 0; bucket < TimeBuckets.Count; bucket++)
            {
                float sum = 0;
                for (int lane = 0; lane < 16; lane++) sum += histogram[bucket * 16 + lane];
                time[bucket] += sum;
            }
        }
    }

    private void CopyBias()
    {
        _bias = default;
        if (_layer.Bias is not { } tables) return;
        _positionSize = tables.Position.Value.Columns;
        float* position = Tape.AllocateFloats(_positionSize + 2 * Slack, clear: true) + Slack;
        tables.Position.Value[0].CopyTo(new Span<float>(position, _positionSize));
        _bias.PositionCenter = position + (_positionSize - 1) / 2;
        if (_batch.Buckets == null) return;
        _bias.Time = Tape.AllocateFloats(256, clear: true);
        tables.Time.Value[0].CopyTo(new Span<float>(_bias.Time, 256));
    }

    // Neighbouring sequences of about equal causal work; a function of the lengths alone, as each group keeps a partial bias gradient.
    private void Group()
    {
        long total = 0, done = 0;
        for (int b = 0; b < _batch.UserCount; b++) total += Work(b);
        _groupCount = 0;
        for (int b = 0; b < _batch.UserCount; b++)
        {
            if (done * MostGroups >= total * _groupCount && _groupCount < MostGroups) _groups[_groupCount++] = b;
            done += Work(b);
        }
        _groups[_groupCount] = _batch.UserCount;
    }

    private long Work(int user) => 64 + TimeBuckets.TriangleSize(_batch.Length(user));

    private void Forward<V, S, W>(int user) where V : struct where S : struct, ISimd<V> where W : struct, IAttentionWeights<V, S> =>
        CausalAttention<V, S, W>.Forward(Sequence(user), _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim, _bias, _settings);

    private void Backward<V, S, W>(int group) where V : struct where S : struct, ISimd<V> where W : struct, IAttentionWeights<V, S>
    {
        float* position = null, time = null;
        if (_biasPartials != null)
        {
            float* part = _biasPartials + (long)group * (_positionSize + 2 * Slack + 256 * 16) + Slack;
            position = part + (_positionSize - 1) / 2;
            time = part + _positionSize + Slack;
        }
        for (int user = _groups[group]; user < _groups[group + 1]; user++)
            CausalAttention<V, S, W>.Backward(
                Sequence(user), Gradients(user), _layer.Heads, _layer.QueryKeyDim, _layer.ValueDim, _bias, _settings, position, time);
    }

    private AttentionSequence Sequence(int user)
    {
        int first = _batch.Offsets[user];
        return new AttentionSequence
        {
            Length = _batch.Length(user),
            Query = _query.Matrix.Row(first) + _query.FirstColumn,
            QueryStride = _query.Matrix.Stride,
            Key = _key.Matrix.Row(first) + _key.FirstColumn,
            KeyStride = _key.Matrix.Stride,
            Value = _value.Matrix.Row(first) + _value.FirstColumn,
            ValueStride = _value.Matrix.Stride,
            Output = _output.Row(first),
            OutputStride = _output.Stride,
            Buckets = _bias.Time == null ? null : _batch.Buckets + _batch.Triangle(user),
            FirstToken = (uint)first,
        };
    }

    private AttentionSequence Gradients(int user)
    {
        int first = _batch.Offsets[user];
        AttentionSequence d = Sequence(user);
        d.Query = _query.Matrix.RowGradient(first) + _query.FirstColumn;
        d.Key = _key.Matrix.RowGradient(first) + _key.FirstColumn;
        d.Value = _value.Matrix.RowGradient(first) + _value.FirstColumn;
        d.Output = _output.RowGradient(first);
        return d;
    }
}
