using System.Globalization;
using Sequor.Data;
using Sequor.Preparation.Generating;

namespace Sequor.Preparation;

/// <summary>A made-up data set with structure that can be learnt (<see cref="SyntheticDataset"/>); needs no files.</summary>
public sealed record SyntheticSource : DatasetSource
{
    /// <summary>Number of users; at least 1.</summary>
    public int UserCount { get; init; } = 2_000;

    /// <summary>Catalogue size X; at least 50.</summary>
    public int ItemCount { get; init; } = 1_000;

    /// <summary>Mean number of events a user; at least 4, at most half the catalogue.</summary>
    public int MeanLength { get; init; } = 40;

    /// <summary>Seed of every draw.</summary>
    public ulong Seed { get; init; } = 42;

    /// <inheritdoc/>
    public override string DefaultName => "synthetic";

    internal override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        var dataset = new SyntheticDataset(this);
        var metadata = new SequenceStoreMetadata
        {
            Name = name,
            Source = "synthetic",
            OrderRule = "events of a user by time",
            Options = new Dictionary<string, string>
            {
                ["users"] = Text(UserCount), ["items"] = Text(ItemCount), ["meanLength"] = Text(MeanLength), ["seed"] = Text(Seed),
            },
        };
        using var writer = new SequenceStoreWriter(request.Output, metadata, dataset.Items, hasRatings: true, hasTimestamps: true);
        var generation = new UserGeneration { UserCount = UserCount, ExpectedEvents = (double)UserCount * MeanLength, NewGenerator = dataset.NewGenerator };
        long count = generation.Write(writer, request.ThreadCount ?? Environment.ProcessorCount, progress, cancellationToken);
        writer.Complete();
        return count;
    }

    private static string Text<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
