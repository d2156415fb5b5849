using System.CommandLine;

namespace Sequor.Cli.Reports;

/// <summary>What <c>compare</c> and <c>report</c> take alike.</summary>
internal sealed class ComparisonArguments
{
    private readonly Option<string?> _data = new("--data") { Description = "The store that the runs learned from; where they remember it when absent.", HelpName = "STORE" };
    private readonly Option<string?> _baseline = new("--baseline") { Description = "One of the runs, to set the others against; all pairs are compared when absent.", HelpName = "RUN" };
    private readonly Option<int?> _resamples = CommonOptions.Number<int>("--resamples", "Resamples of the bootstrap and rounds of the tests; 9999 when absent.", 1);
    private readonly Option<ulong?> _seed = CommonOptions.Number<ulong>("--seed", "Seed of their draws; 42 when absent.", 0);
    private readonly Option<string?> _plot = new("--plot") { Description = "Picture of the learning curves to write (PNG), shown where the terminal shows pictures.", HelpName = "FILE" };
    private readonly Option<int?> _threads = CommonOptions.Threads();
    private readonly Option<bool> _json = CommonOptions.Json();

    public ComparisonArguments(string runs) => Runs = new Argument<string[]>("RUN") { Description = runs, Arity = ArgumentArity.OneOrMore };

    /// <summary>Runs or models.</summary>
    public Argument<string[]> Runs { get; }

    public void AddTo(Command command)
    {
        command.Arguments.Add(Runs);
        foreach (Option option in (Option[])[_data, _baseline, _resamples, _seed, _plot, _threads, _json]) command.Options.Add(option);
    }

    public ComparisonOptions Options(ParseResult line)
    {
        if (line.GetValue(_plot) is { } plot) OutputFile.RequireReplaceable(plot);
        var options = new ComparisonOptions
        {
            Paths = line.GetRequiredValue(Runs),
            Data = line.GetValue(_data),
            Baseline = line.GetValue(_baseline),
            ThreadCount = line.GetValue(_threads),
            Json = line.GetValue(_json),
        };
        return options with { Resamples = line.GetValue(_resamples) ?? options.Resamples, Seed = line.GetValue(_seed) ?? options.Seed };
    }

    /// <summary>Draws the learning curves, where they are asked for.</summary>
    public void Plot(Terminal terminal, ParseResult line, Comparison comparison)
    {
        if (line.GetValue(_plot) is not { } path) return;
        CurvePlot.Save(terminal, [.. comparison.Runs.Select((run, number) => new RunCurves(number, run.Name, run.Record, run.Manifest.Epoch))], path, comparison.Options.Json);
    }
}
