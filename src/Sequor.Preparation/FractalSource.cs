using System.Globalization;
using Sequor.Data;
using Sequor.Preparation.Generating;

namespace Sequor.Preparation;

/// <summary>
/// The fractal expansion of a store (arXiv 1901.08910): each user and each item becomes many. Every block has its own order of users and
/// of items, so that popularity and length fall off more gently than in the source. Events go by item and have no times, as the
/// reference writes them.
/// </summary>
/// <param name="Path">The store to expand.</param>
public sealed record FractalSource(string Path) : DatasetSource
{
    /// <summary>Users for each user of the source; at least 1.</summary>
    public int UserFactor { get; init; } = 16;

    /// <summary>Items for each item of the source; at least 1, and not 1 together with the user factor.</summary>
    public int ItemFactor { get; init; } = 32;

    /// <summary>Share of a block that the largest rate keeps; above 0, at most 1.</summary>
    public double ElementRate { get; init; } = 1;

    /// <summary>Probability that a block is there at all; above 0, at most 1.</summary>
    public double BlockRate { get; init; } = 1;

    /// <summary>Seed of every draw.</summary>
    public ulong Seed { get; init; } = 42;

    /// <inheritdoc/>
    public override string DefaultName => "fractal";

    internal override IEnumerable<string> InputFiles => [Path];

    internal override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        CheckRate("element rate", ElementRate);
        CheckRate("block rate", BlockRate);
        int threadCount = request.ThreadCount ?? Environment.ProcessorCount;
        using var store = SequenceStore.Open(Path);
        progress?.Report(new PreparationProgress("reading", 0, null));
        var matrix = new RatingMatrix(store);
        CheckFactors(matrix);

        var decomposition = TruncatedSvd.Of(matrix, Math.Min(UserFactor, ItemFactor), Seed, threadCount, progress, cancellationToken);
        double[,] rates = ReducedMatrix.Rescaled(ReducedMatrix.Of(decomposition, UserFactor, ItemFactor), ElementRate);
        var blocks = new FractalBlocks(matrix.RowCount, matrix.ColumnCount, matrix.EntryCount, rates, BlockRate, Seed);
        var expansion = new FractalExpansion(matrix, blocks, ItemFactor);

        var items = ItemVocabulary.Create(CountedRows.Numbers(matrix.ColumnCount * ItemFactor));
        using var writer = new SequenceStoreWriter(request.Output, Metadata(name, store), items, store.HasRatings, hasTimestamps: false);
        var generation = new UserGeneration
        {
            UserCount = (long)matrix.RowCount * UserFactor,
            ExpectedEvents = blocks.TotalKept,
            NewGenerator = () => expansion.Fill,
        };
        generation.Write(writer, threadCount, progress, cancellationToken);
        writer.Report = Report(store, matrix, rates, generation.EmptyUserCount);
        writer.Complete();
        return store.InteractionCount;
    }

    private SequenceStoreMetadata Metadata(string name, SequenceStore store) => new()
    {
        Name = name,
        Source = $"fractal expansion of {store.Name}",
        OrderRule = "events of a user by item number",
        Options = new Dictionary<string, string>
        {
            ["source"] = store.Fingerprint,
            ["userFactor"] = Text(UserFactor),
            ["itemFactor"] = Text(ItemFactor),
            ["elementRate"] = Text(ElementRate),
            ["blockRate"] = Text(BlockRate),
            ["seed"] = Text(Seed),
        },
    };

    private static PreparationReport Report(SequenceStore store, RatingMatrix matrix, double[,] rates, long emptyUserCount) => new()
    {
        RowCount = store.InteractionCount,
        KeptCount = matrix.EntryCount,
        Dropped = matrix.LeftOutEventCount == 0 ? [] : [new DroppedRows("user with fewer than 3 distinct times", matrix.LeftOutEventCount, [])],
        Findings =
        [
            string.Create(CultureInfo.InvariantCulture, $"the matrix that is expanded has {matrix.RowCount} users, {matrix.ColumnCount} items and {matrix.EntryCount} events"),
            string.Create(CultureInfo.InvariantCulture, $"the rates of the blocks have a mean of {rates.Cast<double>().Average():F4}"),
            string.Create(CultureInfo.InvariantCulture, $"{emptyUserCount} users of the expansion had no events and were left out"),
        ],
    };

    private void CheckFactors(RatingMatrix matrix)
    {
        if (matrix.EntryCount == 0)
        {
            throw new InvalidInputException($"{Path} has no user with at least 3 distinct times, so there is nothing to expand; choose another store");
        }

        CheckFactor("user factor", UserFactor, int.MaxValue / matrix.RowCount);
        CheckFactor("item factor", ItemFactor, int.MaxValue / 12 / matrix.ColumnCount);
        int count = Math.Min(UserFactor, ItemFactor), rank = Math.Min(matrix.RowCount, matrix.ColumnCount);
        if (count > rank)
        {
            throw new InvalidInputException(
                $"fractal factors {UserFactor} and {ItemFactor} need {count} singular vectors, but {Path} has {matrix.RowCount} users and {matrix.ColumnCount} items; choose one factor of at most {rank}");
        }
    }

    private static void CheckFactor(string name, int value, int largest)
    {
        if (value < 1 || value > largest)
        {
            throw new InvalidInputException($"fractal {name} = {value} must be 1 to {largest} for this store; choose another number");
        }
    }

    private static void CheckRate(string name, double value)
    {
        if (!(value > 0 && value <= 1))
        {
            throw new InvalidInputException($"fractal {name} = {Text(value)} must be above 0 and at most 1; choose another number");
        }
    }

    private static string Text<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
