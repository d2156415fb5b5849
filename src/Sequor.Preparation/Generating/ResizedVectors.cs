namespace Sequor.Preparation.Generating;

/// <summary>
/// Shortens (or lengthens) the columns of a matrix as an image is resized: a Gaussian of standard deviation (f - 1) / 2 takes away what
/// the fewer rows cannot show (f input rows an output row), then the value at the centre of each output row is interpolated. Edges
/// are mirrored. These are the defaults of scikit-image's <c>resize</c>, which the reference calls.
/// </summary>
internal static class ResizedVectors
{
    private const double Reach = 4;

    /// <summary>Resizes to a number of rows.</summary>
    public static double[,] Resize(TallMatrix matrix, int rowCount)
    {
        double step = (double)matrix.RowCount / rowCount;
        double[] kernel = Gaussian(Math.Max(0, (step - 1) / 2));
        double[,] resized = new double[rowCount, matrix.ColumnCount];
        double[] sum = new double[matrix.Stride];
        for (int row = 0; row < rowCount; row++)
        {
            double centre = (row + 0.5) * step - 0.5;
            int floor = (int)Math.Floor(centre);
            double part = centre - floor;
            Array.Clear(sum);
            Smooth(floor, 1 - part);
            if (part > 0) Smooth(floor + 1, part);
            for (int column = 0; column < matrix.ColumnCount; column++) resized[row, column] = sum[column];
        }

        return resized;

        void Smooth(int centre, double weight)
        {
            int reach = kernel.Length / 2;
            for (int i = 0; i < kernel.Length; i++)
            {
                TallMatrix.AddScaled(matrix[Mirror(centre + i - reach, matrix.RowCount)], kernel[i] * weight, sum);
            }
        }
    }

    private static double[] Gaussian(double deviation)
    {
        int reach = (int)(Reach * deviation + 0.5);
        double[] kernel = new double[2 * reach + 1];
        double sum = 0;
        for (int i = -reach; i <= reach; i++) sum += kernel[i + reach] = deviation == 0 ? 1 : Math.Exp(-0.5 * i * i / (deviation * deviation));
        for (int i = 0; i < kernel.Length; i++) kernel[i] /= sum;
        return kernel;
    }

    // … 2 1 | 0 1 2 … n-1 | n-2 …: the edge itself is not repeated.
    private static int Mirror(int place, int count)
    {
        if (count == 1) return 0;
        int period = 2 * (count - 1);
        place = Math.Abs(place) % period;
        return place < count ? place : period - place;
    }
}
