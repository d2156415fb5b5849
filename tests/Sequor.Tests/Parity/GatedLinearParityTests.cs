using Sequor.Autograd;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Parity;

public class GatedLinearParityTests
{
    public static TheoryData<string> Cases => GoldenCase.Of("swiglu", "geglu");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Gated_linear_units_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int inputs = golden.Int("in_features"), outputs = golden.Int("out_features");
        using var weight = new Parameter("w", [inputs, 2 * outputs]);
        using var bias = new Parameter("b", [2 * outputs]);
        GoldenModel.Copy(golden.Floats("w._w"), weight.Value);
        GoldenModel.Copy(golden.Floats("w._b"), bias.Value);
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        float[] values = golden.Floats("in.x");
        Matrix x = Filled(tape, values.Length / inputs, inputs, values);
        Matrix wide = LinearOperation.Apply(tape, x, new LinearLayer { Weight = weight, Bias = bias });
        Matrix y = GatedLinearOperation.Apply(tape, wide, name == "swiglu" ? Activation.Silu : Activation.Gelu);
        Seed(tape, y, golden.Floats("in.cotangent"));
        tape.Backward();

        Agreement.Check("out.y", golden.Floats("out.y"), GoldenModel.Values(y));
        Agreement.Check("grad.x", golden.Floats("grad.x"), Gradient(x));
        Agreement.Check("grad._w", golden.Floats("grad._w"), GoldenModel.Gradient(weight));
        Agreement.Check("grad._b", golden.Floats("grad._b"), GoldenModel.Gradient(bias));
    }

    // Widths on both sides of a register, and a second reader of the input, which makes the gradient a sum.
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(64)]
    public void A_gated_linear_unit_equals_its_equation_at_any_width(int width)
    {
        const int Rows = 300;
        var random = new Random(width);
        float[] values = [.. Enumerable.Range(0, Rows * 2 * width).Select(_ => (float)(4 * random.NextDouble() - 2))];
        float[] cotangent = [.. Enumerable.Range(0, Rows * width).Select(_ => (float)(random.NextDouble() - 0.5))];
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix x = Filled(tape, Rows, 2 * width, values);
        Matrix once = GatedLinearOperation.Apply(tape, x, Activation.Silu), twice = GatedLinearOperation.Apply(tape, x, Activation.Silu);
        Seed(tape, once, cotangent);
        Seed(tape, twice, cotangent);
        tape.Backward();

        float[] expected = new float[Rows * width], gradient = new float[Rows * 2 * width];
        for (int t = 0; t < Rows; t++)
            for (int c = 0; c < width; c++)
            {
                double a = values[t * 2 * width + c], b = values[t * 2 * width + width + c], sigmoid = 1 / (1 + Math.Exp(-a)), g = 2 * cotangent[t * width + c];
                expected[t * width + c] = (float)(a * sigmoid * b);
                gradient[t * 2 * width + c] = (float)(g * b * sigmoid * (1 + a * (1 - sigmoid)));
                gradient[t * 2 * width + width + c] = (float)(g * a * sigmoid);
            }
        Agreement.Check("y", expected, GoldenModel.Values(twice));
        Agreement.Check("gradient of x", gradient, Gradient(x));
    }

    private static unsafe Matrix Filled(Tape tape, int rows, int columns, float[] values)
    {
        Matrix matrix = tape.Allocate(rows, columns, clearGradient: false);
        new Span<float>(matrix.Data, (int)matrix.Size).Clear();
        GoldenModel.Copy(values, matrix);
        return matrix;
    }

    private static unsafe void Seed(Tape tape, Matrix matrix, float[] cotangent)
    {
        tape.BeginGradient(matrix);
        new Span<float>(matrix.Gradient, (int)matrix.Size).Clear();
        for (int t = 0; t < matrix.Rows; t++) cotangent.AsSpan(t * matrix.Columns, matrix.Columns).CopyTo(matrix.GradientRow(t));
    }

    private static float[] Gradient(Matrix matrix)
    {
        var values = new float[matrix.Rows * matrix.Columns];
        for (int t = 0; t < matrix.Rows; t++) matrix.GradientRow(t).CopyTo(values.AsSpan(t * matrix.Columns));
        return values;
    }
}
