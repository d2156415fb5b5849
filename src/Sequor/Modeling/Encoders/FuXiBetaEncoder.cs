using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// FuXi-β: attention without queries and keys, and time as a power law in place of buckets (arXiv 2508.10615). Per block:
/// <code>
/// u, v = split(SiLU(RMSNorm(x) · Wuv))
/// o_i  = [Σ position[j − i] · v_j, Σ a · (max(t_{i+1} − t_j, 0) + 1)⁻ᵇ · v_j]        j ≤ i
/// y    = dropout(u ⊙ RMSNorm(o)), and behind it <see cref="FuXiFeedForward"/>
/// </code>
/// </summary>
/// <remarks>All heads share the weights, so their number only widens the values. Columns of o and u: see <see cref="FuXiAlphaEncoder"/>.</remarks>
public sealed class FuXiBetaEncoder : SequenceEncoder
{
    private const float Epsilon = 1e-6f;
    private readonly FuXiConfig _config;
    private readonly Block[] _blocks;
    private readonly List<Parameter> _parameters = [];

    /// <summary>Makes the blocks, all zero.</summary>
    public FuXiBetaEncoder(FuXiConfig config, int embeddingDim, int window, bool checkpoints = false)
        : base((config ?? throw new ArgumentNullException(nameof(config))).BlockCount, checkpoints)
    {
        _config = config;
        int values = config.HeadCount * config.ValueDim;
        _blocks = new Block[config.BlockCount];
        for (int b = 0; b < _blocks.Length; b++)
        {
            string name = $"_fuxi._attention_layers.{b}.";
            _blocks[b] = new Block(
                new Parameter(name + "_uv", [embeddingDim, 3 * values]),
                new Parameter(name + "_rel_attn_bias._pos_w", [2 * window - 1]),
                new Parameter(name + "_rel_attn_bias._pow_a", [1]),
                new Parameter(name + "_rel_attn_bias._pow_b", [1]),
                new FuXiFeedForward(name + "_mffn.", config, 2 * values, embeddingDim, Epsilon));
            _parameters.AddRange([_blocks[b].Projection, _blocks[b].Position, _blocks[b].Scale, _blocks[b].Exponent, .. _blocks[b].FeedForward.Parameters]);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _parameters;

    internal override KeyValueLayout KeyValues => new(_config.BlockCount, Heads: 0, QueryKeyDim: 0, ValueDim: 0, _config.HeadCount * _config.ValueDim);

    // As FuXi-α; a from U(−.2, .2) and b from U(.4, .8), one of each a block.
    internal override void Initialize(ulong seed, Parameter position)
    {
        var draw = new WeightInitializer(seed);
        draw.XavierNormal(position);
        foreach (Block block in _blocks)
        {
            draw.Normal(block.Projection, 0.02);
            draw.Normal(block.Position, 0.02);
            draw.Uniform(block.Scale, 0.2);
            draw.Uniform(block.Exponent, 0.4, 0.8);
            block.FeedForward.Initialize(draw);
        }
    }

    internal override Matrix EncodeBlock(Tape tape, BatchRows rows, BatchRows wanted, int index, Matrix x)
    {
        Block block = _blocks[index];
        int values = _config.HeadCount * _config.ValueDim;
        Matrix normalized = RmsNormOperation.Apply(tape, x, Epsilon, dropoutRate: 0);
        Matrix uv = LinearOperation.Apply(tape, normalized, new LinearLayer { Weight = block.Projection, Activation = Activation.Silu });
        tape.Release(normalized);
        HeadColumns v = new(uv, 2 * values);
        Matrix position = RelativeAttentionOperation.ByPosition(tape, rows, wanted, index, v, values, block.Position);
        Matrix time = RelativeAttentionOperation.ByTimeDecay(tape, rows, wanted, index, v, values, block.Scale, block.Exponent);
        x = wanted.Of(tape, rows, x);
        Matrix gated = FuXiGateOperation.Apply(tape, wanted.Of(tape, rows, uv), [position, time], Epsilon, _config.LinearDropoutRate);
        tape.Release(uv);
        tape.Release(position);
        tape.Release(time);
        return block.FeedForward.Apply(tape, gated, x);
    }

    private sealed record Block(Parameter Projection, Parameter Position, Parameter Scale, Parameter Exponent, FuXiFeedForward FeedForward);
}
