using Sequor.Preparation.Generating;
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
        var dense = DenseDecomposition.Of(NaiveExpansion.Normalised(NaiveExpansion.Ratings(store)));

        var svd = TruncatedSvd.Of(matrix, count, 1, 2, null, TestContext.Current.CancellationToken);

        for (int k = 0; k < count; k++)
        {
            Assert.InRange(svd.Values[k] / dense.Values[k], 1 - 1e-9, 1 + 1e-9);
            double sameRight = 0, sameLeft = 0;
            for (int j = 0; j < matrix.ColumnCount; j++) sameRight += svd.Right[j][k] * dense.Right[j, k];
            for (int i = 0; i < matrix.RowCount; i++) sameLeft += svd.Left[i][k] * dense.Left[i, k];

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
}
