using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Cli.Bench;

/// <summary>
/// Vectors that lie as those of trained items do, in clusters of unequal size and width: 4·√X centres, an item in one of the first s of
/// them with probability √(s / centres), around it a normal spread of .3 to 1 times that of the centres. Independent normal
/// vectors would be nearly orthogonal, all about equally far from any query: no bound rules anything out, no approximation finds anything.
/// </summary>
internal static class ClusteredVectors
{
    private const double QueryNoise = 0.5;
    private const int ItemsPerPiece = 4096;

    private enum Draw : ulong
    {
        Centre = 1,
        Cluster,
        Width,
        Item,
        Target,
        Query,
    }

    /// <summary>Writes vectors of mean square about 1 into the rows of an item table, but for row 0.</summary>
    public static void Fill(Matrix table, ulong seed, WorkerPool workers)
    {
        int dim = table.Columns, itemCount = table.Rows - 1, clusters = Math.Max(1, (int)(4 * Math.Sqrt(itemCount)));
        double scale = 1 / Math.Sqrt(dim);
        CounterRandom centre = Random(seed, Draw.Centre), cluster = Random(seed, Draw.Cluster), width = Random(seed, Draw.Width), item = Random(seed, Draw.Item);
        double[] centres = new double[clusters * dim];
        for (int i = 0; i < centres.Length; i++) centres[i] = centre.Normal((ulong)i);
        workers.Run((itemCount + ItemsPerPiece - 1) / ItemsPerPiece, piece =>
        {
            int end = Math.Min(itemCount, (piece + 1) * ItemsPerPiece);
            for (int i = piece * ItemsPerPiece; i < end; i++)
            {
                double u = cluster.Uniform((ulong)i);
                int own = (int)(clusters * u * u);
                double spread = 0.3 + 0.7 * width.Uniform((ulong)own), shrink = scale / Math.Sqrt(1 + spread * spread);
                Span<float> row = table[i + 1];
                for (int d = 0; d < dim; d++) row[d] = (float)(shrink * (centres[own * dim + d] + spread * item.Normal((ulong)i * (ulong)dim + (ulong)d)));
            }
        });
    }

    /// <summary>Writes states (n, D) of length 1, each near the vector of an item drawn at random.</summary>
    public static void FillStates(Matrix states, Matrix table, ulong seed)
    {
        int dim = table.Columns;
        double noise = QueryNoise / Math.Sqrt(dim);
        CounterRandom target = Random(seed, Draw.Target), query = Random(seed, Draw.Query);
        for (int i = 0; i < states.Rows; i++)
        {
            Span<float> state = states[i], item = table[1 + target.Below(table.Rows - 1, (ulong)i)];
            double squares = 0;
            for (int d = 0; d < dim; d++)
            {
                double value = item[d] + noise * query.Normal((ulong)i * (ulong)dim + (ulong)d);
                squares += value * value;
                state[d] = (float)value;
            }

            float inverse = (float)(1 / Math.Sqrt(squares));
            for (int d = 0; d < dim; d++) state[d] *= inverse;
        }
    }

    private static CounterRandom Random(ulong seed, Draw draw) => new(seed, RandomPurpose.Initialization, (ulong)draw);
}
