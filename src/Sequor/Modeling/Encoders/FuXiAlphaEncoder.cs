using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// FuXi-α: place, time and meaning attend in channels of their own (arXiv 2502.03036). Per block:
/// <code>
/// u, v, q, k = split(SiLU(RMSNorm(x) · Wuvqk))
/// o_i        = [Σ position[j − i] · v_j, Σ time[bucket(t_{i+1} − t_j)] · v_j, Σ SiLU(q_i·k_j) / N · v_j]        j ≤ i
/// y          = dropout(u ⊙ RMSNorm(o)), and behind it <see cref="FuXiFeedForward"/>
/// </code>
/// </summary>
/// <remarks>
/// Heads differ in the third channel only. o and u stand channel by channel, where the authors' code has head by head: with several heads
/// the columns of u and W0 are in another order, which learning does not notice.
/// </remarks>
public sealed class FuXiAlphaEncoder : SequenceEncoder
{
    private const float Epsilon = 1e-6f;
    private readonly FuXiConfig _config;
    private readonly int _window;
    private readonly Block[] _blocks;
    private readonly List<Parameter> _parameters = [];

    /// <summary>Makes the blocks, all zero.</summary>
    public FuXiAlphaEncoder(FuXiConfig config, int embeddingDim, int window, bool checkpoints = false)
        : base((config ?? throw new ArgumentNullException(nameof(config))).BlockCount, checkpoints)
    {
        (_config, _window) = (config, window);
        int values = config.HeadCount * config.ValueDim, keys = config.HeadCount * config.QueryKeyDim;
        _blocks = new Block[config.BlockCount];
        for (int b = 0; b < _blocks.Length; b++)
        {
            string name = $"_fuxi._attention_layers.{b}.";
            _blocks[b] = new Block(
                new Parameter(name + "_uvqk", [embeddingDim, 4 * values + 2 * keys]),
                new Parameter(name + "_rel_attn_bias._pos_w", [2 * window - 1]),
                new Parameter(name + "_rel_attn_bias._ts_w", [Kernels.TimeBuckets.Count]),
                new FuXiFeedForward(name + "_mffn.", config, 3 * values, embeddingDim, Epsilon));
            _parameters.AddRange([_blocks[b].Projection, _blocks[b].Position, _blocks[b].Time, .. _blocks[b].FeedForward.Parameters]);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _parameters;

    internal override KeyValueLayout KeyValues => new(_config.BlockCount, _config.HeadCount, _config.QueryKeyDim, _config.ValueDim, _config.HeadCount * _config.ValueDim);

    // As the authors' code draws: projections and tables N(0, .02²), the rest xavier-uniform, the input's positions as HSTU's.
    internal override void Initialize(ulong seed, Parameter position)
    {
        var draw = new WeightInitializer(seed);
        draw.XavierNormal(position);
        foreach (Block block in _blocks)
        {
            draw.Normal(block.Projection, 0.02);
            draw.Normal(block.Position, 0.02);
            draw.Normal(block.Time, 0.02);
            block.FeedForward.Initialize(draw);
        }
    }

    internal override Matrix EncodeBlock(Tape tape, BatchRows rows, BatchRows wanted, int index, Matrix x)
    {
        Block block = _blocks[index];
        int values = _config.HeadCount * _config.ValueDim, keys = _config.HeadCount * _config.QueryKeyDim;
        Matrix normalized = RmsNormOperation.Apply(tape, x, Epsilon, dropoutRate: 0);
        Matrix uvqk = LinearOperation.Apply(tape, normalized, new LinearLayer { Weight = block.Projection, Activation = Activation.Silu });
        tape.Release(normalized);
        HeadColumns v = new(uvqk, 3 * values), k = new(uvqk, 4 * values + keys);
        Matrix position = RelativeAttentionOperation.ByPosition(tape, rows, wanted, index, v, values, block.Position);
        Matrix time = RelativeAttentionOperation.ByTimeBucket(tape, rows, wanted, index, v, values, block.Time);
        Matrix own = wanted.Of(tape, rows, uvqk);
        x = wanted.Of(tape, rows, x);
        // The last channel in front of the gate: backward assigns its share of the values' gradient, and the others add theirs.
        var attend = new AttentionLayer(_config.HeadCount, _config.QueryKeyDim, _config.ValueDim, Softmax: false, 1f / _window, DropoutRate: 0, Bias: null);
        Matrix meaning = AttentionOperation.Apply(tape, rows, wanted, index, attend, new(own, 4 * values), k, v);
        Matrix gated = FuXiGateOperation.Apply(tape, own, [position, time, meaning], Epsilon, _config.LinearDropoutRate);
        tape.Release(uvqk);
        tape.Release(position);
        tape.Release(time);
        tape.Release(meaning);
        return block.FeedForward.Apply(tape, gated, x);
    }

    private sealed record Block(Parameter Projection, Parameter Position, Parameter Time, FuXiFeedForward FeedForward);
}
