using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Tests.Properties;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Encoders that the reference lacks, against their equations written down in double precision, and against finite differences of these.</summary>
public class EncoderTwinTests
{
    [Theory]
    [InlineData("fuxi_alpha", true)]
    [InlineData("fuxi_alpha", false)]
    [InlineData("fuxi_beta", true)]
    [InlineData("fuxi_beta", false)]
    [InlineData("ligr", true)]
    public void States_and_gradients_equal_those_of_the_equations(string name, bool withTimes)
    {
        using RecommenderModel model = TinyModels.Build(name);
        History[] histories = TinyModels.Histories(3, 1, 5, 19);
        using var batch = new SequenceBatch();
        batch.Clear();
        for (int b = 0; b < histories.Length; b++)
        {
            var (items, times, _) = histories[b];
            batch.Add(b, new UserSequence(items.AsSpan(..^1), [], withTimes ? times.AsSpan(..^1) : []), items[^1], withTimes ? times[^1] : null);
        }
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix states = model.Encode(tape, batch);
        for (int t = 0; t < states.Rows; t++)
            for (int c = 0; c < states.Columns; c++) states.GradientRow(t)[c] = Cotangent(t, c);
        tape.Backward();

        var twin = new EncoderTwin(model);
        Agreement.Check("states", [.. histories.SelectMany(history => twin.Encode(history, withTimes)).SelectMany(state => state).Select(x => (float)x)], GoldenModel.Values(states));
        // The arrays of a module are measured together: the gradient of a single number is a sum of both signs that may all but cancel.
        foreach (IGrouping<string, Parameter> module in model.Parameters.GroupBy(parameter => parameter.Name[..parameter.Name.LastIndexOf('.')]))
        {
            // The decay raises 2 to b · log₂ Δ with logarithms up to 33, which float32 rounds by 2·10⁻⁶, and so the weights.
            double tolerance = name == "fuxi_beta" && module.Key.EndsWith("_rel_attn_bias", StringComparison.Ordinal) ? 3e-5 : Agreement.Tolerance;
            Agreement.Check(module.Key, [.. module.SelectMany(parameter => Quotients(twin[parameter.Name]))], [.. module.SelectMany(GoldenModel.Gradient)], tolerance);
        }

        float[] Quotients(double[] weights)
        {
            const double Step = 1e-5;
            var quotients = new float[weights.Length];
            for (int w = 0; w < weights.Length; w++)
            {
                double weight = weights[w];
                weights[w] = weight + Step;
                double above = Scalar();
                weights[w] = weight - Step;
                quotients[w] = (float)((above - Scalar()) / (2 * Step));
                weights[w] = weight;
            }
            return quotients;
        }

        double Scalar()
        {
            int token = 0;
            double sum = 0;
            foreach (History history in histories)
                foreach (double[] state in twin.Encode(history, withTimes))
                {
                    for (int c = 0; c < state.Length; c++) sum += state[c] * Cotangent(token, c);
                    token++;
                }
            return sum;
        }
    }

    private static float Cotangent(int token, int column) => MathF.Sin(7 * token + column);
}
