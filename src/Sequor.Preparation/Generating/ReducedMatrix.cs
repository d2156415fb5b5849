namespace Sequor.Preparation.Generating;

/// <summary>
/// The reduced matrix R̂ (user factor × item factor) of arXiv 1901.08910, algorithm 2: the first k = min(factors) singular vectors resized to
/// the factors, made orthonormal again by the nearest such matrix M (MᵀM)^-½, put together with the singular values.
/// </summary>
internal static class ReducedMatrix
{
    /// <summary>Reduces a decomposition with k = min(factors) values.</summary>
    /// <exception cref="InvalidInputException">The resized vectors are not independent.</exception>
    public static double[,] Of(TruncatedSvd decomposition, int userFactor, int itemFactor)
    {
        double[,] left = NearestOrthonormal(ResizedVectors.Resize(decomposition.Left, userFactor));
        double[,] right = NearestOrthonormal(ResizedVectors.Resize(decomposition.Right, itemFactor));
        double[,] reduced = new double[userFactor, itemFactor];
        for (int i = 0; i < userFactor; i++)
        {
            for (int j = 0; j < itemFactor; j++)
            {
                for (int k = 0; k < decomposition.Values.Length; k++) reduced[i, j] += left[i, k] * decomposition.Values[k] * right[j, k];
            }
        }

        return reduced;
    }

    /// <summary>Moves the values to 0..1 and multiplies them by the element rate: the share of the source that each block keeps.</summary>
    public static double[,] Rescaled(double[,] reduced, double elementRate)
    {
        double smallest = reduced.Cast<double>().Min(), range = reduced.Cast<double>().Max() - smallest;
        if (range == 0) throw new InvalidInputException("a fractal expansion by 1 × 1 has one block and no rate for it; give a user factor or an item factor of at least 2");
        double[,] rates = new double[reduced.GetLength(0), reduced.GetLength(1)];
        for (int i = 0; i < rates.GetLength(0); i++)
        {
            for (int j = 0; j < rates.GetLength(1); j++) rates[i, j] = (reduced[i, j] - smallest) / range * elementRate;
        }

        return rates;
    }

    private static double[,] NearestOrthonormal(double[,] resized)
    {
        int rowCount = resized.GetLength(0), columnCount = resized.GetLength(1);
        var matrix = new TallMatrix(rowCount, columnCount);
        for (int i = 0; i < rowCount; i++)
        {
            for (int j = 0; j < columnCount; j++) matrix[i][j] = resized[i, j];
        }

        var eigen = SymmetricEigen.Of(matrix.Gram());
        if (!(eigen.Values[^1] > 1e-13 * eigen.Values[0]))
        {
            throw new InvalidInputException(
                $"the ratings do not have the {columnCount} independent patterns that factors of at least {columnCount} need; choose a smaller user factor or item factor");
        }

        // M · V Λ^-½ Vᵀ
        double[,] scaled = eigen.Scaled(columnCount, value => 1 / Math.Sqrt(value)), root = new double[columnCount, columnCount];
        for (int i = 0; i < columnCount; i++)
        {
            for (int j = 0; j < columnCount; j++)
            {
                for (int k = 0; k < columnCount; k++) root[i, j] += scaled[i, k] * eigen.Vectors[j, k];
            }
        }

        TallMatrix product = matrix.Times(root);
        double[,] orthonormal = new double[rowCount, columnCount];
        for (int i = 0; i < rowCount; i++)
        {
            for (int j = 0; j < columnCount; j++) orthonormal[i, j] = product[i][j];
        }

        return orthonormal;
    }
}
