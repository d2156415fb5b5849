using System.Diagnostics;
using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>Turns a source of interactions into a <see cref="SequenceStore"/>: the way into this library.</summary>
public static class DatasetPreparer
{
    /// <summary>Prepares a data set; the output appears whole or not at all.</summary>
    /// <exception cref="InvalidInputException">Input or output that a person can mend; the message says how.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static PreparationSummary Prepare(
        PreparationRequest request, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var clock = Stopwatch.StartNew();
        CheckOutput(request.Output);
        CheckInputs(request);
        if (!request.Source.HasRows && (request.Filter != new InteractionFilter() || request.TimeUnit is not null || request.SkipBadRows))
        {
            throw new InvalidInputException($"{request.Source.DefaultName} has no rows to choose from; leave out the filter, the unit of times and the skipping of bad rows");
        }

        long rowCount = request.Source.Write(request, request.Name ?? request.Source.DefaultName, progress, cancellationToken);

        using var store = SequenceStore.Open(request.Output);
        (long? first, long? last) = TimeRange(store);
        return new PreparationSummary
        {
            Name = store.Name,
            Output = request.Output,
            RowCount = rowCount,
            Report = store.Report,
            UserCount = store.UserCount,
            ItemCount = store.Items.Count,
            ItemAttributes = [.. store.Items.Attributes.Select(attribute => attribute.Name)],
            InteractionCount = store.InteractionCount,
            HasRatings = store.HasRatings,
            HasTimestamps = store.HasTimestamps,
            FirstTimestamp = first,
            LastTimestamp = last,
            StoreBytes = new FileInfo(request.Output).Length,
            Fingerprint = store.Fingerprint,
            Elapsed = clock.Elapsed,
        };
    }

    // An output that cannot be written should be known before an hour of reading, not after.
    private static void CheckOutput(string output)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        if (Directory.Exists(output))
        {
            throw new InvalidInputException($"output {output} is a folder; give the path of a file, such as {Path.Combine(output, "data.sequor")}");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(output))!;
        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException($"{output} cannot be written: folder {folder} does not exist; create it or choose another output");
        }
    }

    private static void CheckInputs(PreparationRequest request)
    {
        string output = Path.GetFullPath(request.Output);
        if (request.Source.InputFiles.FirstOrDefault(file => Path.GetFullPath(file) == output) is { } input)
        {
            throw new InvalidInputException($"{input} is read and would be written over; choose another output");
        }

        if (File.Exists(output) && new FileInfo(output).Length > 0 && !SequenceStore.IsStore(output))
        {
            throw new InvalidInputException($"{request.Output} exists and is no sequence store; remove it, or choose another output");
        }
    }

    private static (long? First, long? Last) TimeRange(SequenceStore store)
    {
        if (!store.HasTimestamps) return (null, null);
        long first = long.MaxValue, last = long.MinValue;
        for (int user = 0; user < store.UserCount; user++)
        {
            ReadOnlySpan<long> timestamps = store[user].Timestamps;
            if (timestamps.IsEmpty) continue;
            first = Math.Min(first, timestamps[0]);
            last = Math.Max(last, timestamps[^1]);
        }

        return (first, last);
    }
}
