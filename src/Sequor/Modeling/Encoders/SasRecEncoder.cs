using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// Self-attentive sequential recommendation (arXiv 1808.09781; modeling/sequential/sasrec.py). Per block:
/// <code>
/// q = LayerNorm(x)
/// f = LayerNorm(q + MultiheadAttention(query = q, key = x, value = x))
/// x = dropout(W2 · dropout(activation(W1 · f))) + f
/// </code>
/// </summary>
public sealed class SasRecEncoder : SequenceEncoder
{
    private const float LayerNormEpsilon = 1e-8f;
    private readonly SasRecConfig _config;
    private readonly int _dim;
    private readonly Block[] _blocks;
    private readonly List<Parameter> _parameters = [];

    /// <summary>Makes the blocks, all zero.</summary>
    public SasRecEncoder(SasRecConfig config, int embeddingDim, bool checkpoints = false)
        : base((config ?? throw new ArgumentNullException(nameof(config))).BlockCount, checkpoints)
    {
        _config = config;
        _dim = embeddingDim;
        _blocks = new Block[config.BlockCount];
        for (int b = 0; b < _blocks.Length; b++)
        {
            string attention = $"attention_layers.{b}.", forward = $"forward_layers.{b}._conv1d.";
            _blocks[b] = new Block(
                new Parameter(attention + "in_proj_weight", [3 * embeddingDim, embeddingDim]),
                new Parameter(attention + "in_proj_bias", [3 * embeddingDim]),
                new Parameter(attention + "out_proj.weight", [embeddingDim, embeddingDim]),
                new Parameter(attention + "out_proj.bias", [embeddingDim]),
                new Parameter(forward + "0.weight", [config.FeedForwardDim, embeddingDim, 1]),
                new Parameter(forward + "0.bias", [config.FeedForwardDim]),
                new Parameter(forward + "3.weight", [embeddingDim, config.FeedForwardDim, 1]),
                new Parameter(forward + "3.bias", [embeddingDim]));
            _parameters.AddRange(_blocks[b].All);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _parameters;

    internal override KeyValueLayout KeyValues => new(_config.BlockCount, _config.HeadCount, _dim / _config.HeadCount, _dim / _config.HeadCount);

    internal override void Initialize(ulong seed, Parameter position)
    {
        var draw = new WeightInitializer(seed);
        draw.TruncatedNormal(position, Math.Sqrt(1.0 / _dim));
        foreach (Block block in _blocks)
        {
            draw.XavierNormal(block.InputWeight);
            draw.XavierNormal(block.OutputWeight);
            draw.XavierNormal(block.FirstWeight);
            draw.Uniform(block.FirstBias, 1 / Math.Sqrt(_dim));
            draw.XavierNormal(block.SecondWeight);
            draw.Uniform(block.SecondBias, 1 / Math.Sqrt(_config.FeedForwardDim));
        }
    }

    internal override Matrix EncodeBlock(Tape tape, BatchRows rows, BatchRows wanted, int index, Matrix x)
    {
        Block block = _blocks[index];
        int headDim = _dim / _config.HeadCount;
        Matrix normalized = LayerNormOperation.Apply(tape, wanted.Of(tape, rows, x), LayerNormEpsilon);
        Matrix query = LinearOperation.Apply(tape, normalized, new LinearLayer
        {
            Weight = block.InputWeight, Bias = block.InputBias, OutputMajor = true, OutputCount = _dim,
        });
        Matrix keyValue = LinearOperation.Apply(tape, x, new LinearLayer
        {
            Weight = block.InputWeight, Bias = block.InputBias, OutputMajor = true, FirstOutput = _dim, OutputCount = 2 * _dim,
        });
        var attend = new AttentionLayer(_config.HeadCount, headDim, headDim, Softmax: true, 1f / MathF.Sqrt(headDim), _config.DropoutRate, Bias: null);
        Matrix attention = AttentionOperation.Apply(tape, rows, wanted, index, attend, new(query, 0), new(keyValue, 0), new(keyValue, _dim));
        tape.Release(x);
        tape.Release(query);
        tape.Release(keyValue);
        Matrix merged = LinearOperation.Apply(
            tape, attention, new LinearLayer { Weight = block.OutputWeight, Bias = block.OutputBias, OutputMajor = true }, residual: normalized);
        tape.Release(attention);
        tape.Release(normalized);
        Matrix f = LayerNormOperation.Apply(tape, merged, LayerNormEpsilon);
        tape.Release(merged);
        Matrix hidden = LinearOperation.Apply(tape, f, new LinearLayer
        {
            Weight = block.FirstWeight,
            Bias = block.FirstBias,
            OutputMajor = true,
            Activation = _config.Activation == FeedForwardActivation.Relu ? Activation.Relu : Activation.Gelu,
            DropoutRate = _config.DropoutRate,
        });
        Matrix y = LinearOperation.Apply(
            tape, hidden, new LinearLayer { Weight = block.SecondWeight, Bias = block.SecondBias, OutputMajor = true, DropoutRate = _config.DropoutRate }, residual: f);
        tape.Release(hidden);
        tape.Release(f);
        return y;
    }

    private sealed record Block(
        Parameter InputWeight, Parameter InputBias, Parameter OutputWeight, Parameter OutputBias,
        Parameter FirstWeight, Parameter FirstBias, Parameter SecondWeight, Parameter SecondBias)
    {
        internal IEnumerable<Parameter> All => [InputWeight, InputBias, OutputWeight, OutputBias, FirstWeight, FirstBias, SecondWeight, SecondBias];
    }
}
