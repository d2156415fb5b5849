using Sequor.Data;
using Sequor.Preparation.Generating;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class ReducedMatrixTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(3, 4)]
    [InlineData(7, 2)]
    [InlineData(16, 32)]
    [InlineData(2, 150)]
    public void Rates_are_those_of_the_formula_on_dense_matrices(int userFactor, int itemFactor)
    {
        using SequenceStore store = Prepared.Open(new SyntheticSource { UserCount = 200, ItemCount = 120, MeanLength = 12 }, folder.File("s"));
        var svd = TruncatedSvd.Of(new RatingMatrix(store), Math.Min(userFactor, itemFactor), 7, 1, null, TestContext.Current.CancellationToken);

        double[,] rates = ReducedMatrix.Rescaled(ReducedMatrix.Of(svd, userFactor, itemFactor), 1);

        double[,] expected = NaiveExpansion.Rates(NaiveExpansion.Ratings(store), userFactor, itemFactor);
        double error = rates.Cast<double>().Zip(expected.Cast<double>(), (rate, value) => Math.Abs(rate - value)).Max();
        TestContext.Current.SendDiagnosticMessage($"{userFactor} × {itemFactor}: largest difference {error:E1}");
        Assert.Equal((userFactor, itemFactor), (rates.GetLength(0), rates.GetLength(1)));

        // The values of the decomposition settle to 1e-11, the vectors to its root.
        Assert.InRange(error, 0, 3e-6);
    }

    [Fact]
    public void The_element_rate_multiplies_every_rate()
    {
        double[,] rates = ReducedMatrix.Rescaled(new double[,] { { -1, 0 }, { 2, 3 } }, 0.2);
        Assert.Equal(new double[,] { { 0, 0.05 }, { 0.15, 0.2 } }.Cast<double>(), rates.Cast<double>(), (a, b) => Math.Abs(a - b) < 1e-15);
    }
}
