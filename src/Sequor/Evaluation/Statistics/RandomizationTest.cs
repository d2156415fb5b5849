using Sequor.Kernels;

namespace Sequor.Evaluation.Statistics;

/// <summary>
/// The paired randomization test of Fisher, two-sided: were two models alike, a user's two numbers might change places. It counts how often the mean
/// difference is as large as the one that was found when each user's numbers do so or not by the toss of a coin.
/// </summary>
/// <remarks>
/// p = (1 + tosses with a difference at least as large) / (1 + B), which is never 0 and never too small (Phipson and Smyth 2010). Recommended for
/// measures of retrieval by Smucker, Allan and Carterette 2007. Tosses are functions of (seed, round, user): results do not depend on the number of threads.
/// </remarks>
public static class RandomizationTest
{
    private const int Coins = 64;

    /// <summary>The p-value of the hypothesis that neither model is better for users such as these.</summary>
    /// <param name="differences">One model's number less the other's, one a user.</param>
    /// <param name="rounds">How often, B.</param>
    /// <param name="seed">Seed of the tosses.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="cancellationToken">Looked at before every round.</param>
    public static double PValue(ReadOnlySpan<double> differences, int rounds, ulong seed, WorkerPool workers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        // A user without a difference has none however the coin falls.
        double[] moving = [.. differences.ToArray().Where(difference => difference != 0)];
        double sum = moving.Sum(), scale = moving.Sum(Math.Abs);
        // Sums of the same numbers in another order differ in their last bits.
        double found = Math.Abs(sum) - 1e-12 * scale;
        bool[] reached = new bool[rounds];
        workers.Run(rounds, round =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var random = new CounterRandom(seed, RandomPurpose.Randomization, (ulong)round);
            // Σ ±d = Σ d − 2 Σ of those that change places.
            double changed = 0;
            for (int user = 0; user < moving.Length; user += Coins)
            {
                ulong coins = random.Bits((ulong)(user / Coins));
                int end = Math.Min(user + Coins, moving.Length);
                for (int i = user; i < end; i++, coins >>= 1) changed += (coins & 1) * moving[i];
            }

            reached[round] = Math.Abs(sum - 2 * changed) >= found;
        });
        return (1.0 + reached.Count(reach => reach)) / (1.0 + rounds);
    }
}
