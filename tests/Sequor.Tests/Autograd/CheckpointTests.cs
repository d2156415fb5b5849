using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Tests.Parity;
using Xunit;

namespace Sequor.Tests.Autograd;

public unsafe class CheckpointTests
{
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(20)]
    [InlineData(7)]
    [InlineData(1)]
    public void A_part_that_is_computed_again_in_slices_gives_what_a_kept_one_gives(int rowsAtOnce)
    {
        (float[] y, float[] dx, float[] dw) = Run(null);
        (float[] slicedY, float[] slicedDx, float[] slicedDw) = Run(rowsAtOnce);
        Assert.Equal(y, slicedY);
        Assert.Equal(dx, slicedDx);
        // The weights' gradient is a sum over rows, in another order of its parts.
        Agreement.Check("gradient of the weights", dw, slicedDw, 1e-6);
    }

    // y = SiLU(x·W) of 20 rows; x has a second reader, so that gradients meet.
    private static (float[] Y, float[] InputGradient, float[] WeightGradient) Run(int? rowsAtOnce)
    {
        const int Rows = 20, Inputs = 5, Outputs = 9;
        var random = new Random(4);
        using var weight = new Parameter("w", [Inputs, Outputs]);
        for (int row = 0; row < Inputs; row++) foreach (ref float w in weight.Value[row]) w = (float)(random.NextDouble() - 0.5);
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix x = tape.Allocate(Rows, Inputs);
        new Span<float>(x.Data, (int)x.Size).Clear();
        for (int row = 0; row < Rows; row++) foreach (ref float value in x[row]) value = (float)(random.NextDouble() - 0.5);
        Matrix y = rowsAtOnce is { } rows ? CheckpointOperation.Apply(tape, x, Outputs, null, Part, rows) : Part(tape, null, x);
        Matrix other = LayerNormOperation.Apply(tape, x, 1e-6f);
        tape.BeginGradient(y);
        foreach (Matrix output in (ReadOnlySpan<Matrix>)[y, other])
            for (int row = 0; row < Rows; row++) foreach (ref float value in output.GradientRow(row)) value = (float)(random.NextDouble() - 0.5);
        tape.Backward();
        float[] dx = new float[Rows * Inputs];
        for (int row = 0; row < Rows; row++) x.GradientRow(row).CopyTo(dx.AsSpan(row * Inputs));
        return (GoldenModel.Values(y), dx, GoldenModel.Gradient(weight));

        Matrix Part(Tape on, object? context, Matrix input) => LinearOperation.Apply(on, input, new LinearLayer { Weight = weight, Activation = Activation.Silu });
    }
}
