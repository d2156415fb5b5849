namespace Sequor.Preparation.Generating;

/// <summary>The k largest singular values of a matrix A (m × n), largest first, with left vectors (m × k) and right vectors (n × k).</summary>
internal sealed record TruncatedSvd(double[] Values, TallMatrix Left, TallMatrix Right)
{
    private const int IterationLimit = 200;
    private const double Tolerance = 1e-11;
    private const double RankTolerance = 1e-13;

    /// <summary>
    /// Subspace iteration from a random start (Halko, Martinsson, Tropp 2011) with about as many vectors again as are wanted: Y = A Z,
    /// YᵀY = V Λ Vᵀ gives σ = √Λ and U = Y V Λ^-½, then Z = orth(AᵀU), until the k values stand still. Values settle at the square of
    /// the vectors' error. Costs two products with A and m p² + n p² an iteration; (m + n) p float64 of memory, p ≈ 2 k + 8.
    /// </summary>
    public static TruncatedSvd Of(
        RatingMatrix matrix, int count, ulong seed, int threadCount, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        int width = Math.Min((2 * count + 15) & ~7, Math.Min(matrix.RowCount, matrix.ColumnCount));
        var product = new RatingProduct(matrix, threadCount, cancellationToken);
        var random = new SyntheticRandom(seed, 0);
        var start = new TallMatrix(matrix.ColumnCount, width);
        for (int row = 0; row < start.RowCount; row++)
        {
            for (int column = 0; column < width; column++) start[row][column] = random.NextUnit() - 0.5;
        }

        TallMatrix right = Orthonormal(start);
        double[] last = new double[count];
        for (int iteration = 1; ; iteration++)
        {
            progress?.Report(new PreparationProgress("decomposing", iteration, null));
            TallMatrix image = product.Times(right);
            var eigen = SymmetricEigen.Of(image.Gram());
            double[] values = Array.ConvertAll(eigen.Values[..count], value => Math.Sqrt(Math.Max(value, 0)));
            double change = 0;
            for (int i = 0; i < count; i++) change = Math.Max(change, Math.Abs(values[i] - last[i]) / values[0]);
            if (change <= Tolerance || iteration == IterationLimit)
            {
                return new TruncatedSvd(values, image.Times(eigen.Scaled(count, Inverse(eigen))), right.Times(eigen.Scaled(count, _ => 1)));
            }

            last = values;
            right = Orthonormal(product.TransposedTimes(image.Times(eigen.Scaled(width, Inverse(eigen)))));
        }
    }

    // Twice, for the Gram matrix squares the condition. Directions that are not there become columns of zeros.
    private static TallMatrix Orthonormal(TallMatrix matrix)
    {
        for (int pass = 0; pass < 2; pass++)
        {
            var eigen = SymmetricEigen.Of(matrix.Gram());
            matrix = matrix.Times(eigen.Scaled(matrix.ColumnCount, Inverse(eigen)));
        }

        return matrix;
    }

    private static Func<double, double> Inverse(SymmetricEigen eigen) => value => value > RankTolerance * eigen.Values[0] ? 1 / Math.Sqrt(value) : 0;
}
