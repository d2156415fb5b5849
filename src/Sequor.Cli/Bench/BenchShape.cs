using System.Globalization;
using Sequor.Data;
using Sequor.Kernels;

namespace Sequor.Cli.Bench;

/// <summary>
/// A data set by its proportions: catalogue, and the log-normal spread of events a user. Its data are made up: items by popularity rank
/// to the power of −3/4, scattered over the table; times that rise by seconds to weeks.
/// </summary>
internal sealed record BenchShape(string Name, int ItemCount, int ShortestUser, double MedianLength, double LogDeviation)
{
    private const int Batches = 24;
    private const int LongestUser = 100_000;

    // Odd, and no divisor of a catalogue size in use: ranks are scattered over the table.
    private const long Scatter = 2_654_435_761;

    /// <summary>
    /// Fitted to the training events a step of 128 users has within the published windows: 13.6 thousand for ml-1m, 1.45 thousand for
    /// amzn-books.
    /// </summary>
    public static readonly BenchShape[] Known =
    [
        new("ml-1m", 3_883, 20, 95, 0.95),
        new("ml-20m", 26_744, 20, 68, 1.1),
        new("amzn-books", 695_762, 5, 10, 0.8),
        new("wide-1m", 1_000_000, 5, 10, 0.8),
        new("wide-10m", 10_000_000, 5, 10, 0.8),
    ];

    /// <summary>Users who all have a full window of <paramref name="length"/> events.</summary>
    public static BenchShape OfLength(int length) => new(string.Create(CultureInfo.InvariantCulture, $"length {length}"), 10_000, length + 2, length + 2, 0);

    /// <exception cref="InvalidInputException">No shape has this name.</exception>
    public static BenchShape Find(string name) => Known.FirstOrDefault(shape => shape.Name == name)
        ?? throw new InvalidInputException($"--shape {name} is not known; choose {string.Join(", ", Known.Select(shape => shape.Name))}");

    /// <summary>Makes up a store of some batches of users.</summary>
    public void Write(string path, int batchSize, ulong seed)
    {
        string?[] ids = new string?[ItemCount];
        for (int item = 0; item < ItemCount; item++) ids[item] = (item + 1).ToString(CultureInfo.InvariantCulture);
        var metadata = new SequenceStoreMetadata { Name = Name, Source = "generated", OrderRule = "events of a user by time", Options = new Dictionary<string, string>() };
        using var writer = new SequenceStoreWriter(path, metadata, ItemVocabulary.Create(ids!, null), hasRatings: false, hasTimestamps: true);
        var random = new CounterRandom(seed, RandomPurpose.Shuffle, 0);
        ulong draw = 0;
        int[] items = new int[LongestUser];
        long[] times = new long[LongestUser];
        for (int user = 0; user < Batches * batchSize; user++)
        {
            int length = (int)Math.Clamp(MedianLength * Math.Exp(LogDeviation * random.Normal(draw++)), ShortestUser, LongestUser);
            draw++;
            long time = 1_000_000_000;
            for (int i = 0; i < length; i++)
            {
                long rank = (long)(ItemCount * Math.Pow(random.Uniform(draw++), 4));
                items[i] = 1 + (int)(rank * Scatter % ItemCount);
                times[i] = time += (long)Math.Exp(14 * random.Uniform(draw++));
            }

            writer.Add((user + 1).ToString(CultureInfo.InvariantCulture), items.AsSpan(0, length), [], times.AsSpan(0, length));
        }

        writer.Complete();
    }
}
