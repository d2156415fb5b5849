using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>How near two arrays must be: no element differs by more than the tolerance times the largest magnitude of the expected array.</summary>
internal static class Agreement
{
    internal const double Tolerance = 1e-5;

    internal static void Check(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance = Tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0, worst = 0;
        int at = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
            double difference = Math.Abs((double)expected[i] - actual[i]);
            if (difference <= worst) continue;
            (worst, at) = (difference, i);
            Assert.False(double.IsNaN(difference), $"{what}[{i}] is NaN");
        }
        foreach (float value in actual) Assert.False(float.IsNaN(value), $"{what} holds NaN");
        Assert.True(
            worst <= tolerance * largest,
            $"{what}[{at}] = {(actual.Length > 0 ? actual[at] : 0)}, expected {(actual.Length > 0 ? expected[at] : 0)}: off by {worst / largest:E2} of the largest magnitude {largest}");
    }
}
