using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// LiGR: a transformer whose residual connections are gated (arXiv 2502.03417), as eSASRec recommends it (arXiv 2508.06450). Per block:
/// <code>
/// x = x + σ(Wa · x + ba) ⊙ dropout(MultiheadAttention(LayerNorm(x)))
/// x = x + σ(Wb · x + bb) ⊙ dropout(W2 · (SiLU(W1 · n) ⊙ (W3 · n)))        n = LayerNorm(x)
/// </code>
/// </summary>
/// <remarks>Layer norms have no affine parameters of their own, as all of this library; the attention projects behind one with a bias anyway.</remarks>
public sealed class LigrEncoder : SequenceEncoder
{
    private const float LayerNormEpsilon = 1e-6f;
    private readonly LigrConfig _config;
    private readonly int _dim;
    private readonly Block[] _blocks;
    private readonly List<Parameter> _parameters = [];

    /// <summary>Makes the blocks, all zero.</summary>
    public LigrEncoder(LigrConfig config, int embeddingDim, bool checkpoints = false)
        : base((config ?? throw new ArgumentNullException(nameof(config))).BlockCount, checkpoints)
    {
        (_config, _dim) = (config, embeddingDim);
        _blocks = new Block[config.BlockCount];
        for (int b = 0; b < _blocks.Length; b++)
        {
            string name = $"transformer_blocks.{b}.", attention = name + "multi_head_attn.", forward = name + "feed_forward.";
            _blocks[b] = new Block(
                new Parameter(attention + "in_proj_weight", [3 * embeddingDim, embeddingDim]),
                new Parameter(attention + "in_proj_bias", [3 * embeddingDim]),
                new Parameter(attention + "out_proj.weight", [embeddingDim, embeddingDim]),
                new Parameter(attention + "out_proj.bias", [embeddingDim]),
                new Parameter(name + "gating_linear_1.weight", [embeddingDim, embeddingDim]),
                new Parameter(name + "gating_linear_1.bias", [embeddingDim]),
                new Parameter(forward + "ff_linear_1_3.weight", [2 * config.FeedForwardDim, embeddingDim]),
                new Parameter(forward + "ff_linear_2.weight", [embeddingDim, config.FeedForwardDim]),
                new Parameter(name + "gating_linear_2.weight", [embeddingDim, embeddingDim]),
                new Parameter(name + "gating_linear_2.bias", [embeddingDim]));
            _parameters.AddRange(_blocks[b].All);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _parameters;

    // Matrices xavier-normal as SASRec's (W1 and W3 as if each stood alone), biases zero: every gate begins half open.
    internal override Matrix EncodeBlock(Tape tape, BatchRows rows, BatchRows wanted, int index, Matrix x)
    {
        Block block = _blocks[index];
        return FeedForward(tape, block, Attend(tape, rows, wanted, index, x));
    }

    internal override KeyValueLayout KeyValues => new(_config.BlockCount, _config.HeadCount, _dim / _config.HeadCount, _dim / _config.HeadCount);

    internal override void Initialize(ulong seed, Parameter position)
    {
        var draw = new WeightInitializer(seed);
        draw.TruncatedNormal(position, Math.Sqrt(1.0 / _dim));
        foreach (Block block in _blocks)
        {
            draw.XavierNormal(block.InputWeight);
            draw.XavierNormal(block.OutputWeight);
            draw.XavierNormal(block.AttentionGateWeight);
            draw.Normal(block.WideWeight, Math.Sqrt(2.0 / (_dim + _config.FeedForwardDim)));
            draw.XavierNormal(block.NarrowWeight);
            draw.XavierNormal(block.ForwardGateWeight);
        }
    }

    private Matrix Attend(Tape tape, BatchRows rows, BatchRows wanted, int index, Matrix x)
    {
        Block block = _blocks[index];
        int headDim = _dim / _config.HeadCount;
        Matrix qkv = LinearOperation.Apply(tape, x, new LinearLayer
        {
            Weight = block.InputWeight, Bias = block.InputBias, OutputMajor = true, NormalizeEpsilon = LayerNormEpsilon,
        });
        Matrix own = wanted.Of(tape, rows, qkv);
        x = wanted.Of(tape, rows, x);
        var attend = new AttentionLayer(_config.HeadCount, headDim, headDim, Softmax: true, 1f / MathF.Sqrt(headDim), _config.DropoutRate, Bias: null);
        Matrix attention = AttentionOperation.Apply(tape, rows, wanted, index, attend, new(own, 0), new(qkv, _dim), new(qkv, 2 * _dim));
        tape.Release(qkv);
        Matrix update = LinearOperation.Apply(
            tape, attention, new LinearLayer { Weight = block.OutputWeight, Bias = block.OutputBias, OutputMajor = true, DropoutRate = _config.DropoutRate });
        tape.Release(attention);
        return Add(tape, x, block.AttentionGateWeight, block.AttentionGateBias, update);
    }

    private Matrix FeedForward(Tape tape, Block block, Matrix x)
    {
        Matrix wide = LinearOperation.Apply(tape, x, new LinearLayer { Weight = block.WideWeight, OutputMajor = true, NormalizeEpsilon = LayerNormEpsilon });
        Matrix gated = GatedLinearOperation.Apply(tape, wide, Activation.Silu);
        tape.Release(wide);
        Matrix update = LinearOperation.Apply(tape, gated, new LinearLayer { Weight = block.NarrowWeight, OutputMajor = true, DropoutRate = _config.DropoutRate });
        tape.Release(gated);
        return Add(tape, x, block.ForwardGateWeight, block.ForwardGateBias, update);
    }

    // Releases x and the update.
    private static Matrix Add(Tape tape, Matrix x, Parameter weight, Parameter bias, Matrix update)
    {
        Matrix gate = LinearOperation.Apply(tape, x, new LinearLayer { Weight = weight, Bias = bias, OutputMajor = true });
        Matrix y = GatedResidualOperation.Apply(tape, x, gate, update);
        tape.Release(x);
        tape.Release(gate);
        tape.Release(update);
        return y;
    }

    private sealed record Block(
        Parameter InputWeight, Parameter InputBias, Parameter OutputWeight, Parameter OutputBias, Parameter AttentionGateWeight, Parameter AttentionGateBias,
        Parameter WideWeight, Parameter NarrowWeight, Parameter ForwardGateWeight, Parameter ForwardGateBias)
    {
        internal IEnumerable<Parameter> All =>
        [
            InputWeight, InputBias, OutputWeight, OutputBias, AttentionGateWeight, AttentionGateBias, WideWeight, NarrowWeight, ForwardGateWeight, ForwardGateBias,
        ];
    }
}
