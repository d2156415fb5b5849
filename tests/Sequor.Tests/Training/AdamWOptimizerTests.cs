using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Tests.Kernels;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Training;

public unsafe class AdamWOptimizerTests
{
    private const int Rows = 5000, Columns = 11, Tokens = 800, PerToken = 50;

    [Theory]
    [InlineData(ItemOptimizer.AdamW)]
    [InlineData(ItemOptimizer.LazyAdamW)]
    [InlineData(ItemOptimizer.PartialRowWiseAdamW)]
    public void A_table_moves_as_the_naive_optimizer_moves_it_at_any_number_of_threads(ItemOptimizer kind)
    {
        float[] one = Train(kind, threads: 1, check: true);
        Assert.Equal(one, Train(kind, threads: 3, check: false));
    }

    // Three steps, each with a plain part and an L2-normalised part of the gradient; ids reach half of the table.
    private static float[] Train(ItemOptimizer kind, int threads, bool check)
    {
        var random = new Random(4);
        using var workers = new WorkerPool(threads);
        using var tape = new Tape(workers, differentiate: true);
        using var table = new Parameter("items", [Rows, Columns], isTable: true);
        for (int row = 0; row < Rows; row++) foreach (ref float w in table.Value[row]) w = (float)random.NextDouble() - 0.5f;
        using var optimizer = new AdamWOptimizer([table], new TrainingConfig { LearningRate = 0.01, WeightDecay = 0.1, ItemOptimizer = kind }, workers);
        int stride = table.Value.Stride;
        var twin = new NaiveAdamW(new ReadOnlySpan<float>(table.Value.Data, (int)table.Value.Size).ToArray(), Rows, stride, Columns);
        RowGradient plain = new(), normalized = new();
        for (int step = 0; step < 3; step++)
        {
            tape.Begin();
            Matrix source = tape.Allocate(Tokens, Columns);
            new Span<float>(source.Data, (int)source.Size).Clear();
            for (int t = 0; t < Tokens; t++) foreach (ref float x in source[t]) x = (float)random.NextDouble() - 0.5f;
            int[] ids = [.. Enumerable.Range(0, Tokens * PerToken).Select(_ => random.Next(Rows / 2) * 2)];
            float[] coefficients = [.. ids.Select(_ => (float)random.NextDouble() - 0.3f)];
            fixed (int* id = ids)
            fixed (float* coefficient = coefficients)
            {
                plain.Set(tape, id, Tokens, 1, null, 0.5f, source.Data, table.Value, normalized: false, epsilon: 0);
                normalized.Set(tape, id, ids.Length, PerToken, coefficient, 0, source.Data, table.Value, normalized: true, epsilon: 1e-6f);
            }
            table.Add(plain);
            table.Add(normalized);
            double[][] gradient = Gradient(table, source, ids, coefficients);
            if (check)
            {
                float[] row = new float[Columns];
                for (int r = 0; r < Rows; r += 7)
                {
                    table.CopyGradientRow(r, row);
                    for (int c = 0; c < Columns; c++) Assert.Equal(gradient[r][c], row[c], 2e-5);
                }
            }
            optimizer.Step();
            if (!check) continue;
            twin.Step(ids, (row, c) => gradient[row][c], 0.01, 0.1, lazy: kind != ItemOptimizer.AdamW, rowWise: kind == ItemOptimizer.PartialRowWiseAdamW);
            for (int i = 0; i < twin.Weights.Length; i++) Assert.Equal(twin.Weights[i], table.Value.Data[i], 2e-5);
        }
        return new ReadOnlySpan<float>(table.Value.Data, (int)table.Value.Size).ToArray();
    }

    private static double[][] Gradient(Parameter table, Matrix source, int[] ids, float[] coefficients)
    {
        double[][] plain = Empty(), unit = Empty();
        for (int e = 0; e < ids.Length; e++)
            for (int c = 0; c < Columns; c++)
            {
                if (e < Tokens) plain[ids[e]][c] += 0.5 * source[e][c];
                unit[ids[e]][c] += (double)coefficients[e] * source[e / PerToken][c];
            }
        for (int row = 0; row < Rows; row++)
        {
            double norm = 0, projection = 0;
            for (int c = 0; c < Columns; c++) norm += (double)table.Value[row][c] * table.Value[row][c];
            norm = Math.Sqrt(norm);
            for (int c = 0; c < Columns; c++) projection += table.Value[row][c] / norm * unit[row][c];
            for (int c = 0; c < Columns; c++) plain[row][c] += (unit[row][c] - table.Value[row][c] / norm * projection) / norm;
        }
        return plain;

        static double[][] Empty() => [.. Enumerable.Range(0, Rows).Select(_ => new double[Columns])];
    }
}
