namespace Sequor.Preparation.Generating;

/// <summary>Products of the normalised rating matrix A (m × n) with dense matrices; every sum is taken in one order, whatever the threads.</summary>
internal sealed class RatingProduct
{
    private readonly RatingMatrix matrix;
    private readonly ParallelOptions options;
    private readonly double mean;
    private readonly double scale;

    /// <summary>Looks for mean and scale.</summary>
    public RatingProduct(RatingMatrix matrix, int threadCount, CancellationToken cancellationToken)
    {
        this.matrix = matrix;
        options = new ParallelOptions { MaxDegreeOfParallelism = threadCount, CancellationToken = cancellationToken };
        (mean, double largest) = matrix.Normalisation();
        scale = 1 / largest;
    }

    /// <summary>A · right, shape (m, p): rows in parallel.</summary>
    public TallMatrix Times(TallMatrix right)
    {
        const int Piece = 1024;
        var product = new TallMatrix(matrix.RowCount, right.ColumnCount);
        Parallel.For(0, (matrix.RowCount + Piece - 1) / Piece, options, piece =>
        {
            for (int row = piece * Piece; row < Math.Min((piece + 1) * Piece, matrix.RowCount); row++)
            {
                ReadOnlySpan<int> items = matrix.Items(row);
                ReadOnlySpan<float> ratings = matrix.Ratings(row);
                Span<double> sum = product[row];
                for (int i = 0; i < items.Length; i++) TallMatrix.AddScaled(right[matrix.Column(items[i])], Value(ratings, i), sum);
            }
        });
        return product;
    }

    /// <summary>Aᵀ · left, shape (n, p): eight of the p columns in parallel, for rows of A meet in the same items.</summary>
    public TallMatrix TransposedTimes(TallMatrix left)
    {
        var product = new TallMatrix(matrix.ColumnCount, left.ColumnCount);
        Parallel.For(0, product.Stride / 8, options, piece =>
        {
            for (int row = 0; row < matrix.RowCount; row++)
            {
                ReadOnlySpan<int> items = matrix.Items(row);
                ReadOnlySpan<float> ratings = matrix.Ratings(row);
                ReadOnlySpan<double> values = left[row].Slice(piece * 8, 8);
                for (int i = 0; i < items.Length; i++)
                {
                    TallMatrix.AddScaled(values, Value(ratings, i), product[matrix.Column(items[i])].Slice(piece * 8, 8));
                }
            }
        });
        return product;
    }

    private double Value(ReadOnlySpan<float> ratings, int place) => ((ratings.IsEmpty ? 1 : ratings[place]) - mean) * scale;
}
