using System.Globalization;
using System.Runtime.InteropServices;
using Sequor.Kernels;

namespace Sequor.Cli.Reports;

/// <summary>Where the numbers come from: settings, data, machines, versions, times.</summary>
internal static class ReportOrigin
{
    public static Markup Settings(Comparison comparison)
    {
        SettingsTable settings = SettingsTable.Of(comparison.Runs);
        (string Name, string?[] Values)[] differences = [.. settings.Differences];
        Markup all = Markup.Of($"<details><summary>All {settings.Rows.Count} settings</summary>{Table(comparison, settings.Rows)}</details>");
        if (comparison.Runs.Count == 1) return Markup.Of($"""<section id="settings"><h2>Settings</h2>{all}</section>""");
        Markup lead = differences.Length == 0
            ? Markup.Of($"<p>The runs have the same settings.</p>")
            : Markup.Of($"""{Table(comparison, differences)}<p class="note">The {differences.Length} settings in which the runs differ; what differs from the first value of its line is marked. A dash stands for parts that a model does not have.</p>""");
        return Markup.Of($"""
            <section id="settings"><h2>Settings</h2>{lead}
            {all}</section>
            """);
    }

    public static Markup Runs(Comparison comparison, DateTimeOffset time)
    {
        (string What, Func<ComparedRun, string> Of)[] rows =
        [
            ("model", run => run.Architecture),
            ("parameters", run => Tables.Count(run.Parameters)),
            ("epochs", run => run.Record.Epochs.Count == 0 ? "" : $"{run.Record.Epochs.Count} of {run.Config.Training.EpochCount}"),
            ("best epoch, counted from 0", run => Tables.Count(run.Manifest.Epoch)),
            ("time of training", run => run.Record.Epochs.Count == 0 ? "" : Tables.Duration(run.TrainTime)),
            ("… of an epoch", run => run.Record.Epochs.Count == 0 ? "" : Tables.Duration(run.TrainTime / run.Record.Epochs.Count)),
            ("evaluation for this page", run => Tables.Duration(run.EvaluationTime)),
            ("seed", run => run.Config.Training.Seed.ToString(CultureInfo.InvariantCulture)),
            ("written by", run => run.Manifest.Creator),
            ("trained on", run => string.Join("; then ", run.Record.Machines)),
        ];
        DataFacts data = comparison.Data;
        return Markup.Of($"""
            <section id="origin"><h2>Where the numbers come from</h2>
            <div class="scroll"><table><thead><tr><th></th>{Names(comparison)}</tr></thead><tbody>{Markup.Join(rows.Select(row => Markup.Of($"<tr><th>{row.What}</th>{Markup.Join(comparison.Runs.Select(run => Markup.Of($"<td>{row.Of(run)}</td>")))}</tr>")))}</tbody></table></div>
            <dl><dt>Data</dt><dd>{data.Name}: {data.UserCount:N0} users{(data.SkippedUserCount == 0 ? "" : $" ({Tables.Count(data.SkippedUserCount)} without history left out)")}, {data.ItemCount:N0} items, {data.InteractionCount:N0} events. Order: {data.OrderRule}. Fingerprint <code>{data.Fingerprint}</code></dd>
            <dt>This page</dt><dd>Sequor {typeof(ReportOrigin).Assembly.GetName().Version?.ToString() ?? ""}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}; {Processor.Name}, {Simd.Name}, {comparison.Options.ThreadCount ?? Environment.ProcessorCount} threads; {time.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC</dd></dl>
            {Markup.Join(comparison.Runs.Where(run => run.Record.Log.Count > 0).Select(run => Markup.Of($"""<details><summary>Log of {run.Name}</summary><pre>{string.Join('\n', run.Record.Log)}</pre></details>""")))}</section>
            """);
    }

    private static Markup Table(Comparison comparison, IEnumerable<(string Name, string?[] Values)> rows) => Markup.Of($"""
        <div class="scroll"><table class="settings"><thead><tr><th>setting</th>{Names(comparison)}</tr></thead><tbody>{Markup.Join(rows.Select(row => Markup.Of($"<tr><th><code>{row.Name}</code></th>{Markup.Join(row.Values.Select(value => Cell(value, row.Values.First(other => other is not null))))}</tr>")))}</tbody></table></div>
        """);

    private static Markup Cell(string? value, string? first) =>
        value is null ? Markup.Of($"""<td class="none">–</td>""") : value == first ? Markup.Of($"<td><code>{value}</code></td>") : Markup.Of($"<td><mark><code>{value}</code></mark></td>");

    private static Markup Names(Comparison comparison) => Markup.Join(comparison.Runs.Select((run, number) => Markup.Of($"<th>{RunColor.Chip(number, run.Name)}</th>")));
}
