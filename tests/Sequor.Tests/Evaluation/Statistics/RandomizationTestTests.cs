using Sequor.Evaluation.Statistics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Evaluation.Statistics;

public sealed class RandomizationTestTests
{
    private const int Rounds = 9_999;

    // Heights of Darwin's maize, crossed less self-fertilised, in eighths of an inch: the example by which Fisher introduced the test (The Design of Experiments, 1935).
    private static readonly double[] s_maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];

    [Fact]
    public void Fisher_s_maize_has_the_p_value_that_he_counted()
    {
        // 863 of the 32,768 ways to give the signs come to 314 or more.
        int asLarge = Enumerable.Range(0, 1 << s_maize.Length).Count(signs => Math.Abs(s_maize.Select((d, i) => (signs >> i & 1) == 0 ? d : -d).Sum()) >= 314);
        Assert.Equal(2 * 863, asLarge);
        double exact = asLarge / 32_768.0, error = Math.Sqrt(exact * (1 - exact) / Rounds);
        Assert.InRange(PValue(s_maize), exact - 4 * error, exact + 4 * error);
    }

    [Fact]
    public void Neither_order_nor_users_without_a_difference_nor_threads_change_it()
    {
        double found = PValue(s_maize);
        Assert.Equal(found, PValue([.. s_maize.Select(d => -d)]));
        Assert.Equal(found, PValue([0, 0, .. s_maize, 0]));
        using var alone = new WorkerPool(1);
        using var many = new WorkerPool(3);
        Assert.Equal(PValue(s_maize, seed: 5, workers: alone), PValue(s_maize, seed: 5, workers: many));
        Assert.NotEqual(found, PValue(s_maize, seed: 6));
    }

    [Fact]
    public void Without_any_difference_it_is_one_and_with_the_clearest_it_is_the_least_that_the_rounds_can_tell()
    {
        Assert.Equal(1, PValue([0, 0, 0]));
        Assert.Equal(1, PValue([]));
        // Sums of tenths are not exact, and every round that moves nobody or everybody must still count.
        Assert.Equal(1, PValue([0.1]));
        Assert.Equal(1.0 / (Rounds + 1), PValue([.. Enumerable.Repeat(0.1, 200)]));
    }

    [Fact]
    public void Where_models_are_alike_a_twentieth_of_the_tests_say_five_percent()
    {
        const int Tests = 600;
        int rejected = 0;
        for (int test = 0; test < Tests; test++)
        {
            var random = new CounterRandom(17, RandomPurpose.Shuffle, (ulong)test);
            rejected += PValue([.. Enumerable.Range(0, 40).Select(user => random.Normal((ulong)user))], rounds: 199) <= 0.05 ? 1 : 0;
        }

        // Three standard errors of a share of .05.
        Assert.InRange((double)rejected / Tests, 0.05 - 0.027, 0.05 + 0.027);
    }

    private static double PValue(double[] differences, int rounds = Rounds, ulong seed = 42, WorkerPool? workers = null) =>
        RandomizationTest.PValue(differences, rounds, seed, workers ?? WorkerPool.Shared, TestContext.Current.CancellationToken);
}
