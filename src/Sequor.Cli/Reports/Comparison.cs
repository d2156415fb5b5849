using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Evaluation.Statistics;
using Sequor.Kernels;

namespace Sequor.Cli.Reports;

/// <summary>Runs on the last event of the same users, and what can be said of their differences.</summary>
internal sealed record Comparison
{
    /// <summary>Items that are looked at of each list.</summary>
    public const int Depth = 10;

    public required ComparisonOptions Options { get; init; }

    public required DataFacts Data { get; init; }

    /// <summary>The runs, in the order in which they were named.</summary>
    public required IReadOnlyList<ComparedRun> Runs { get; init; }

    /// <summary>Means of each run in the order of <see cref="RunMetric.All"/>; behind the runs those of the most popular items.</summary>
    public required IReadOnlyList<IReadOnlyList<Estimate>> Metrics { get; init; }

    /// <summary>Pairs of runs; none of a single run.</summary>
    public required IReadOnlyList<RunPair> Pairs { get; init; }

    /// <summary>Users by the length of their history.</summary>
    public required IReadOnlyList<UserGroup> ByHistory { get; init; }

    /// <summary>Users by the popularity of their target.</summary>
    public required IReadOnlyList<UserGroup> ByPopularity { get; init; }

    /// <summary>Lists of each run; behind the runs those of the most popular items, and the true next ones.</summary>
    public required IReadOnlyList<CatalogueUse> Uses { get; init; }

    /// <summary>Users with their lists.</summary>
    public required IReadOnlyList<ExampleUser> Examples { get; init; }

    /// <summary>Numbers of the runs, the best by the first metric first.</summary>
    public IEnumerable<int> Ranking => Enumerable.Range(0, Runs.Count).OrderByDescending(run => Metrics[run][0].Mean);

    /// <summary>Evaluates runs and compares them.</summary>
    /// <exception cref="InvalidInputException">The runs are not of the same data and protocol, or cannot be read.</exception>
    public static Comparison Of(Terminal terminal, ComparisonOptions options)
    {
        using ComparedData data = ComparedData.Open(terminal, options);
        WorkerPool workers = CommonOptions.Workers(options.ThreadCount);
        try
        {
            return ProgressBars.Show(terminal, options.Json, bars => Of(terminal, options, data, workers, bars));
        }
        finally
        {
            if (options.ThreadCount is not null) workers.Dispose();
        }
    }

    private static Comparison Of(Terminal terminal, ComparisonOptions options, ComparedData data, WorkerPool workers, ProgressBars bars)
    {
        ComparedRun[] runs = [.. data.Names.Select((name, number) => data.Evaluate(number, workers, bars, terminal.Cancellation))];
        LeaveOneOut view = data.Test(runs.Max(run => run.Config.Model.MaxSequenceLength));
        var audience = new ItemAudience(data.Training);
        UserOutcomes popular = UserOutcomes.OfPopularity(audience.Events, view, Depth);
        UserOutcomes[] all = [.. runs.Select(run => run.Outcomes), popular];
        double[][] columns = [.. all.SelectMany(outcomes => RunMetric.All.Select(metric => outcomes.Select(metric.Of)))];
        var statistics = new RunStatistics(columns, options, workers, bars, terminal.Cancellation);
        return new Comparison
        {
            Options = options,
            Data = data.Facts(view, audience),
            Runs = runs,
            Metrics = [.. all.Select((_, run) => statistics.Means(run))],
            Pairs = statistics.Pairs(runs.Length, data.Baseline),
            ByHistory = [.. UserGroup.ByHistory(view, popular).Select(group => statistics.Group(group.Name, group.Places, runs.Length))],
            ByPopularity = [.. UserGroup.ByPopularity(view, popular, audience).Select(group => statistics.Group(group.Name, group.Places, runs.Length))],
            Uses = [.. all.Select(outcomes => CatalogueUse.Of(outcomes, audience, view.Store.Items.Count)), CatalogueUse.OfTargets(view, popular, audience)],
            Examples = ExampleUser.Choose(view, [.. runs.Select(run => run.Outcomes)], options.Examples, options.Seed),
        };
    }
}
