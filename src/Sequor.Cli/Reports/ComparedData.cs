using System.Diagnostics;
using Sequor.Artifacts;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Training;

namespace Sequor.Cli.Reports;

/// <summary>What a comparison is made on.</summary>
internal sealed record DataFacts
{
    public required string Name { get; init; }

    public required string Fingerprint { get; init; }

    public required string OrderRule { get; init; }

    public required string Protocol { get; init; }

    /// <summary>Users that were evaluated, U.</summary>
    public required int UserCount { get; init; }

    public required int SkippedUserCount { get; init; }

    /// <summary>Catalogue, X.</summary>
    public required int ItemCount { get; init; }

    public required long InteractionCount { get; init; }
}

/// <summary>Runs that may be compared, and the store on which they are.</summary>
internal sealed class ComparedData : IDisposable
{
    private readonly ComparisonOptions _options;
    private readonly SequenceStore _store;
    private readonly RunRecord[] _records;
    private readonly string _protocol;

    private ComparedData(ComparisonOptions options, SequenceStore store, RunRecord[] records, string protocol)
    {
        (_options, _store, _records, _protocol) = (options, store, records, protocol);
        Names = RunNames.Of(options.Paths);
    }

    /// <summary>What the runs are called.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Number of the run that the others are set against; null where all pairs are compared.</summary>
    public int? Baseline => _options.Baseline is { } baseline ? RunSelection.Find(baseline, _options.Paths, Names) : null;

    /// <summary>What the models learned from.</summary>
    public LeaveOneOut Training => LeaveOneOut.Train(_store, CommonOptions.ParseProtocol(_protocol), maxSequenceLength: 1);

    /// <summary>Finds out whether the runs can be compared, before anything takes time.</summary>
    /// <exception cref="InvalidInputException">They cannot.</exception>
    public static ComparedData Open(Terminal terminal, ComparisonOptions options)
    {
        string[] names = RunNames.Of(options.Paths);
        if (options.Baseline is { } baseline) RunSelection.Find(baseline, options.Paths, names);
        ArtifactManifest[] manifests = [.. options.Paths.Select(path => ArtifactManifest.Read(RunDirectory.FindModel(path)))];
        RunSelection.RequireSame(names, manifests);
        RunRecord[] records = [.. options.Paths.Select(RunRecord.Read)];
        string data = options.Data ?? RunSelection.FindData(options.Paths, records);
        SequenceStore store = SequenceStore.Open(data);
        try
        {
            if (store.Fingerprint != manifests[0].DataFingerprint)
                throw new InvalidInputException($"{names[0]} learned from data of fingerprint {manifests[0].DataFingerprint}, and {data} has {store.Fingerprint}; name with --data the store that it was trained on");
            store.Verify(terminal.Cancellation);
            return new ComparedData(options, store, records, manifests[0].Protocol);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>The last event of every user.</summary>
    public LeaveOneOut Test(int maxSequenceLength) => LeaveOneOut.Test(_store, maxSequenceLength);

    /// <summary>Loads a model, asks it about every user and lets go of it.</summary>
    public ComparedRun Evaluate(int number, WorkerPool workers, ProgressBars bars, CancellationToken cancellation)
    {
        string path = _options.Paths[number];
        using ModelArtifact artifact = ModelArtifact.Load(RunDirectory.FindModel(path));
        var options = new EvaluationOptions { BatchSize = artifact.Configuration.Training.EvaluationBatchSize, Workers = workers };
        var watch = Stopwatch.StartNew();
        UserOutcomes outcomes = UserOutcomes.Of(
            artifact.Model, Test(artifact.Configuration.Model.MaxSequenceLength), Comparison.Depth, options,
            bars.Forward<long>((bar, done) => bar.Report($"evaluating {Names[number]} ({number + 1}/{Names.Count})", done, _store.UserCount)), cancellation);
        if (outcomes.Users.IsEmpty) throw new InvalidInputException($"{_store.Path} has no user with a history and a target: there is nothing to compare");
        return new ComparedRun(
            Names[number], path, _records[number], artifact.Manifest, artifact.Configuration,
            artifact.Model.Parameters.Sum(parameter => (long)parameter.Value.Rows * parameter.Value.Columns), outcomes, watch.Elapsed);
    }

    /// <summary>What there is to say of the data.</summary>
    public DataFacts Facts(LeaveOneOut view, ItemAudience audience) => new()
    {
        Name = _store.Name,
        Fingerprint = _store.Fingerprint,
        OrderRule = _store.Metadata.OrderRule,
        Protocol = _protocol,
        UserCount = audience.UserCount - view.SkippedUserCount,
        SkippedUserCount = view.SkippedUserCount,
        ItemCount = _store.Items.Count,
        InteractionCount = _store.InteractionCount,
    };

    /// <summary>Closes the store.</summary>
    public void Dispose() => _store.Dispose();
}
