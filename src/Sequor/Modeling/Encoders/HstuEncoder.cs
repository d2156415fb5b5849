using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// Hierarchical sequential transduction unit (arXiv 2402.17152; modeling/sequential/hstu.py). Per layer:
/// <code>
/// u, v, q, k = split(SiLU(LayerNorm(x) · Wuvqk))
/// a_i        = Σ_{j ≤ i} SiLU(q_i·k_j + position[j − i] + time[bucket(t_{i+1} − t_j)]) / N · v_j
/// y          = dropout(u ⊙ LayerNorm(a)) · Woᵀ + bo + x
/// </code>
/// </summary>
public sealed class HstuEncoder : SequenceEncoder
{
    private const float LayerNormEpsilon = 1e-6f;
    private readonly HstuConfig _config;
    private readonly Layer[] _layers;
    private readonly List<Parameter> _parameters = [];
    private readonly int _window;

    /// <summary>Makes the layers, all zero.</summary>
    public HstuEncoder(HstuConfig config, int embeddingDim, int window, bool checkpoints = false)
        : base((config ?? throw new ArgumentNullException(nameof(config))).BlockCount, checkpoints)
    {
        _config = config;
        _window = window;
        int uv = config.HeadCount * config.ValueDim, qk = config.HeadCount * config.QueryKeyDim;
        _layers = new Layer[config.BlockCount];
        for (int l = 0; l < _layers.Length; l++)
        {
            string name = $"_hstu._attention_layers.{l}.";
            var layer = new Layer(
                new Parameter(name + "_uvqk", [embeddingDim, 2 * uv + 2 * qk]),
                config.RelativeAttentionBias ? new Parameter(name + "_rel_attn_bias._ts_w", [Kernels.TimeBuckets.Count]) : null,
                config.RelativeAttentionBias ? new Parameter(name + "_rel_attn_bias._pos_w", [2 * window - 1]) : null,
                new Parameter(name + "_o.weight", [embeddingDim, config.ConcatUa ? 3 * uv : uv]),
                new Parameter(name + "_o.bias", [embeddingDim]));
            _layers[l] = layer;
            _parameters.Add(layer.Uvqk);
            if (layer.Time is not null) _parameters.Add(layer.Time);
            if (layer.Position is not null) _parameters.Add(layer.Position);
            _parameters.Add(layer.OutputWeight);
            _parameters.Add(layer.OutputBias);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _parameters;

    internal override KeyValueLayout KeyValues => _config.Normalization == HstuNormalization.RelativeBias
        ? new(_config.BlockCount, _config.HeadCount, _config.QueryKeyDim, _config.ValueDim)
        : new(_config.BlockCount, 1, _config.HeadCount * _config.QueryKeyDim, _config.HeadCount * _config.ValueDim);

    internal override void Initialize(ulong seed, Parameter position)
    {
        var draw = new WeightInitializer(seed);
        draw.XavierNormal(position);
        foreach (Layer layer in _layers)
        {
            draw.Normal(layer.Uvqk, 0.02);
            if (layer.Time is not null) draw.Normal(layer.Time, 0.02);
            if (layer.Position is not null) draw.Normal(layer.Position, 0.02);
            draw.XavierUniform(layer.OutputWeight);
            draw.Uniform(layer.OutputBias, 1 / Math.Sqrt(layer.OutputWeight.Value.Columns));
        }
    }

    // The softmax that is there to compare numbers with knows whole sequences only.
    internal override Matrix Encode(Tape tape, BatchRows rows, BatchRows wanted, Matrix embedded) =>
        _config.Normalization == HstuNormalization.SoftmaxRelativeBiasUnmasked
            ? wanted.Of(tape, rows, base.Encode(tape, rows, rows, embedded))
            : base.Encode(tape, rows, wanted, embedded);

    internal override Matrix EncodeBlock(Tape tape, BatchRows rows, BatchRows wanted, int block, Matrix x)
    {
        Layer layer = _layers[block];
        int uv = _config.HeadCount * _config.ValueDim, qk = _config.HeadCount * _config.QueryKeyDim;
        Matrix uvqk = LinearOperation.Apply(tape, x, new LinearLayer
        {
            Weight = layer.Uvqk,
            Activation = _config.LinearActivation ? Activation.Silu : Activation.None,
            NormalizeEpsilon = LayerNormEpsilon,
        });
        Matrix own = wanted.Of(tape, rows, uvqk), residual = wanted.Of(tape, rows, x);
        HeadColumns v = new(uvqk, uv), q = new(own, 2 * uv), k = new(uvqk, 2 * uv + qk);
        AttentionBiasTables? bias = layer.Position is null ? null : new(layer.Position, layer.Time!);
        Matrix attention = _config.Normalization switch
        {
            HstuNormalization.RelativeBias => AttentionOperation.Apply(
                tape, rows, wanted, block, new(_config.HeadCount, _config.QueryKeyDim, _config.ValueDim, Softmax: false, SiluScale, _config.AttentionDropoutRate, bias), q, k, v),
            // All heads are one under the softmax, as in the reference; the scale is that of a single head.
            HstuNormalization.SoftmaxRelativeBias => AttentionOperation.Apply(
                tape, rows, wanted, block, new(1, qk, uv, Softmax: true, 1f / MathF.Sqrt(_config.QueryKeyDim), _config.AttentionDropoutRate, bias), q, k, v),
            _ => UnmaskedSoftmaxOperation.Apply(tape, rows.Batch, _window, 1f / MathF.Sqrt(_config.QueryKeyDim), qk, uv, bias, q, k, v),
        };
        Matrix gated = HstuGateOperation.Apply(tape, own, attention, _config.ConcatUa, _config.LinearDropoutRate);
        tape.Release(uvqk);
        tape.Release(attention);
        Matrix y = LinearOperation.Apply(tape, gated, new LinearLayer { Weight = layer.OutputWeight, Bias = layer.OutputBias, OutputMajor = true }, residual);
        tape.Release(gated);
        tape.Release(x);
        return y;
    }

    // 0 asks the kernel to divide row i by i + 1.
    private float SiluScale => _config.AttentionNormalizer == AttentionNormalizer.Window ? 1f / _window : 0f;

    private sealed record Layer(Parameter Uvqk, Parameter? Time, Parameter? Position, Parameter OutputWeight, Parameter OutputBias);
}
