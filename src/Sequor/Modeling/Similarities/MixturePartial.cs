using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Similarities;

/// <summary>One of the partial sums of the gradients of a gate's layers.</summary>
internal readonly unsafe struct MixturePartial
{
    /// <summary>Gradient of the layer that reads the logits (its outputs × P, padded).</summary>
    internal readonly float* Input;

    /// <summary>Gradient of the layer behind the hidden units, transposed (hidden × P, padded); unused without hidden units.</summary>
    internal readonly float* Output;

    internal readonly float* HiddenBias, OutputBias;

    internal MixturePartial(float* memory, in MixtureGate gate)
    {
        int padded = Simd.Pad(gate.Layout.Logits);
        Input = memory;
        Output = Input + (gate.HiddenDim > 0 ? gate.HiddenDim : gate.Layout.Logits) * padded;
        HiddenBias = Output + gate.HiddenDim * padded;
        OutputBias = HiddenBias + Simd.Pad(gate.HiddenDim);
    }

    /// <summary>Floats of a partial sum.</summary>
    internal static long Size(in MixtureGate gate)
    {
        int padded = Simd.Pad(gate.Layout.Logits);
        return ((gate.HiddenDim > 0 ? 2L * gate.HiddenDim : gate.Layout.Logits) + 1) * padded + Simd.Pad(gate.HiddenDim);
    }

    /// <summary>Adds the sum to the gradients of the parameters; each holds its transposed layer in one place only here.</summary>
    internal void AddTo(in MixtureGate gate)
    {
        if (gate.Output is not { } output) return;
        int logits = gate.Layout.Logits, padded = Simd.Pad(logits);
        Matrix input = gate.Hidden ?? output;
        for (int row = 0; row < input.Rows; row++)
            for (int c = 0; c < logits; c++) input.RowGradient(row)[c] += Input[row * padded + c];
        for (int row = 0; row < logits; row++) gate.OutputBiasGradient[row] += OutputBias[row];
        if (gate.Hidden is null) return;
        for (int row = 0; row < logits; row++)
            for (int c = 0; c < gate.HiddenDim; c++) output.RowGradient(row)[c] += Output[c * padded + row];
        for (int c = 0; c < gate.HiddenDim; c++) gate.HiddenBiasGradient[c] += HiddenBias[c];
    }
}
