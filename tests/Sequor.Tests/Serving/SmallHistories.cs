using Sequor.Modeling;
using Sequor.Serving;

namespace Sequor.Tests.Serving;

/// <summary>A small model that is loaded, and made-up histories to ask it about.</summary>
internal static class SmallHistories
{
    internal static Recommender Load(string directory, ModelConfig? config = null, RecommenderOptions? options = null)
    {
        SmallModel.Write(directory, config);
        return Recommender.Load(directory, options);
    }

    /// <summary>A made-up history, the times rising.</summary>
    internal static UserEvents Events(int seed, int count, bool times = true)
    {
        var random = new Random(seed);
        int[] items = [.. Enumerable.Range(0, count).Select(_ => random.Next(1, SmallModel.Items + 1))];
        long time = 1_000_000;
        return new UserEvents(items, times ? (long[])[.. Enumerable.Range(0, count).Select(_ => time += random.Next(1, 100_000))] : default);
    }
}
