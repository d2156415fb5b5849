using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// The multi-stage feed-forward layer that ends a FuXi block (arXiv 2502.03036, section 4.3), y (T, C) being the gated attention:
/// <code>
/// x = W0 · y + b0 + x
/// r = dropout(RMSNorm(x))
/// x = W2 · (SiLU(W1 · r) ⊙ (W3 · r)) + x
/// </code>
/// </summary>
internal sealed class FuXiFeedForward
{
    private readonly Weights _weights;
    private readonly double _dropoutRate;
    private readonly float _epsilon;

    /// <summary>Makes the layer, all zero; W1 and W3 are one array, W1 first.</summary>
    internal FuXiFeedForward(string name, FuXiConfig config, int attentionDim, int embeddingDim, float epsilon)
    {
        int hidden = config.FeedForwardMultiplier * embeddingDim;
        (_dropoutRate, _epsilon) = (config.LinearDropoutRate, epsilon);
        _weights = new Weights(
            new Parameter(name + "lin0.weight", [embeddingDim, attentionDim]),
            new Parameter(name + "lin0.bias", [embeddingDim]),
            new Parameter(name + "lin1_lin3.weight", [2 * hidden, embeddingDim]),
            new Parameter(name + "lin2.weight", [embeddingDim, hidden]));
    }

    internal IEnumerable<Parameter> Parameters => [_weights.Merge, _weights.MergeBias, _weights.Wide, _weights.Narrow];

    /// <summary>All matrices xavier-uniform, as each of W1 and W3 would be alone; the bias as torch.nn.Linear draws it.</summary>
    internal void Initialize(WeightInitializer draw)
    {
        draw.XavierUniform(_weights.Merge);
        draw.Uniform(_weights.MergeBias, 1 / Math.Sqrt(_weights.Merge.Value.Columns));
        draw.Uniform(_weights.Wide, Math.Sqrt(6.0 / (_weights.Narrow.Value.Columns + _weights.Narrow.Value.Rows)));
        draw.XavierUniform(_weights.Narrow);
    }

    /// <summary>Releases y and the residual x; returns (T, D).</summary>
    internal Matrix Apply(Tape tape, Matrix y, Matrix x)
    {
        Matrix merged = LinearOperation.Apply(tape, y, new LinearLayer { Weight = _weights.Merge, Bias = _weights.MergeBias, OutputMajor = true }, residual: x);
        tape.Release(y);
        tape.Release(x);
        Matrix r = RmsNormOperation.Apply(tape, merged, _epsilon, _dropoutRate);
        Matrix wide = LinearOperation.Apply(tape, r, new LinearLayer { Weight = _weights.Wide, OutputMajor = true });
        tape.Release(r);
        Matrix gated = GatedLinearOperation.Apply(tape, wide, Activation.Silu);
        tape.Release(wide);
        Matrix result = LinearOperation.Apply(tape, gated, new LinearLayer { Weight = _weights.Narrow, OutputMajor = true }, residual: merged);
        tape.Release(gated);
        tape.Release(merged);
        return result;
    }

    private sealed record Weights(Parameter Merge, Parameter MergeBias, Parameter Wide, Parameter Narrow);
}
