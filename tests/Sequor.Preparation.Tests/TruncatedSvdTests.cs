using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class TruncatedSvdTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(60, 60, 4)]
    [InlineData(200, 70, 9)]
    [InlineData(30, 150, 16)]
    public void Values_and_patterns_are_those_of_a_dense_decomposition(int users, int items, int count)
    {
        using var store = Prepared.Open(new SyntheticSource { UserCount = users, ItemCount = items, MeanLength = 20 }, folder.File("s"));
        var matrix = new RatingMatrix(store);
        double[,] dense = Normalised(matrix);
        (double[] expected, double[,] v) = OneSidedJacobi(dense);

        var svd = TruncatedSvd.Of(matrix, count, 1, 2, null, TestContext.Current.CancellationToken);

        for (int k = 0; k < count; k++)
        {
            Assert.InRange(svd.Values[k] / expected[k], 1 - 1e-9, 1 + 1e-9);
            double sameRight = 0, sameLeft = 0;
            for (int j = 0; j < matrix.ColumnCount; j++) sameRight += svd.Right[j][k] * v[j, k];
            for (int i = 0; i < matrix.RowCount; i++)
            {
                double left = 0;
                for (int j = 0; j < matrix.ColumnCount; j++) left += dense[i, j] * v[j, k] / expected[k];
                sameLeft += svd.Left[i][k] * left;
            }

            // Signs are free, but the same on both sides.
            Assert.InRange(Math.Abs(sameRight), 1 - 1e-6, 1 + 1e-9);
            Assert.InRange(sameLeft * sameRight, 1 - 1e-6, 1 + 1e-9);
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var store = Prepared.Open(new SyntheticSource { UserCount = 3_000, ItemCount = 300 }, folder.File("s"));
        var matrix = new RatingMatrix(store);
        var one = TruncatedSvd.Of(matrix, 5, 1, 1, null, TestContext.Current.CancellationToken);
        var three = TruncatedSvd.Of(matrix, 5, 1, 3, null, TestContext.Current.CancellationToken);
        Assert.Equal(one.Values, three.Values);
        for (int row = 0; row < matrix.RowCount; row++) Assert.Equal(one.Left[row].ToArray(), three.Left[row].ToArray());
    }

    private static double[,] Normalised(RatingMatrix matrix)
    {
        double[,] dense = new double[matrix.RowCount, matrix.ColumnCount];
        double sum = 0;
        for (int i = 0; i < matrix.RowCount; i++)
        {
            for (int e = 0; e < matrix.Items(i).Length; e++) sum += dense[i, matrix.Column(matrix.Items(i)[e])] = matrix.Ratings(i)[e];
        }

        double mean = sum / dense.Length, largest = 0;
        foreach (double value in dense)
        {
            if (value != 0) largest = Math.Max(largest, Math.Abs(value - mean));
        }

        for (int i = 0; i < matrix.RowCount; i++)
        {
            for (int j = 0; j < matrix.ColumnCount; j++) dense[i, j] = dense[i, j] == 0 ? 0 : (dense[i, j] - mean) / largest;
        }

        return dense;
    }

    // Rotates pairs of columns of A V until all are orthogonal: their lengths are the singular values.
    private static (double[] Values, double[,] V) OneSidedJacobi(double[,] matrix)
    {
        int rows = matrix.GetLength(0), columns = matrix.GetLength(1);
        double[,] a = (double[,])matrix.Clone(), v = new double[columns, columns];
        for (int j = 0; j < columns; j++) v[j, j] = 1;
        for (int sweep = 0; sweep < 30; sweep++)
        {
            for (int p = 0; p < columns; p++)
            {
                for (int q = p + 1; q < columns; q++)
                {
                    double pp = 0, qq = 0, pq = 0;
                    for (int i = 0; i < rows; i++) (pp, qq, pq) = (pp + a[i, p] * a[i, p], qq + a[i, q] * a[i, q], pq + a[i, p] * a[i, q]);
                    if (Math.Abs(pq) <= 1e-15 * Math.Sqrt(pp * qq)) continue;
                    double angle = 0.5 * Math.Atan2(2 * pq, pp - qq), c = Math.Cos(angle), s = Math.Sin(angle);
                    for (int i = 0; i < rows; i++) (a[i, p], a[i, q]) = (c * a[i, p] + s * a[i, q], c * a[i, q] - s * a[i, p]);
                    for (int i = 0; i < columns; i++) (v[i, p], v[i, q]) = (c * v[i, p] + s * v[i, q], c * v[i, q] - s * v[i, p]);
                }
            }
        }

        double[] lengths = [.. Enumerable.Range(0, columns).Select(j => Math.Sqrt(Enumerable.Range(0, rows).Sum(i => a[i, j] * a[i, j])))];
        int[] order = [.. Enumerable.Range(0, columns).OrderByDescending(j => lengths[j])];
        double[,] sorted = new double[columns, columns];
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j < columns; j++) sorted[i, j] = v[i, order[j]];
        }

        return ([.. order.Select(j => lengths[j])], sorted);
    }
}
