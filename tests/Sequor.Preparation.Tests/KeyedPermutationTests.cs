using Sequor.Preparation.Generating;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class KeyedPermutationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(97)]
    [InlineData(10_000)]
    public void Every_place_is_reached_once(int size)
    {
        var domain = new PermutationDomain((ulong)size);
        for (ulong key = 0; key < 5; key++)
        {
            var permutation = new KeyedPermutation(domain, key);
            ulong[] places = [.. Enumerable.Range(0, size).Select(place => permutation[(ulong)place])];
            Assert.Equal(Enumerable.Range(0, size).Select(place => (ulong)place), places.Order());
        }
    }

    [Fact]
    public void A_place_goes_everywhere_equally_often_over_the_keys()
    {
        const int Size = 40, Keys = 20_000;
        var domain = new PermutationDomain(Size);
        foreach (ulong place in (ulong[])[0, 17, 39])
        {
            int[] counts = new int[Size];
            for (ulong key = 0; key < Keys; key++) counts[new KeyedPermutation(domain, SplitMix.Mix(key))[place]]++;
            double expected = Keys / (double)Size, chiSquare = counts.Sum(count => (count - expected) * (count - expected) / expected);
            // 39 degrees of freedom: 39 ± 8.8.
            Assert.InRange(chiSquare, 10, 39 + 5 * 8.8);
        }
    }

    [Fact]
    public void Two_places_keep_no_distance()
    {
        const int Size = 1_000_003, Keys = 2_000;
        var domain = new PermutationDomain(Size);
        double sum = 0;
        for (ulong key = 0; key < Keys; key++)
        {
            var permutation = new KeyedPermutation(domain, SplitMix.Mix(key));
            sum += Math.Abs((double)permutation[500] - permutation[501]) / Size;
        }

        // Two independent uniform values lie 1/3 apart, with a standard deviation of .236.
        Assert.InRange(sum / Keys, 1 / 3.0 - 5 * 0.236 / Math.Sqrt(Keys), 1 / 3.0 + 5 * 0.236 / Math.Sqrt(Keys));
    }
}
