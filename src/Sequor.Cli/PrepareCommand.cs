using System.CommandLine;
using System.Globalization;
using Sequor.Preparation;

namespace Sequor.Cli;

/// <summary><c>sequor prepare</c>: from files as they are published to a sequence store.</summary>
internal static class PrepareCommand
{
    public static Command Create(Terminal terminal)
    {
        var options = new PrepareOptions();
        var command = new Command("prepare", """
            Turns ratings into a store that the other commands read.

            Examples:
              sequor prepare ml-1m --source ./ml-1m --out ml-1m.sequor
              sequor prepare synthetic --users 500 --out small.sequor
              sequor prepare sasrec --source sasrec_format.csv --items movies.dat --out ml-1m.sequor
              sequor prepare ratings.csv --user userId --item movieId --rating rating --time timestamp --out my.sequor
            """) { options.Source };
        foreach (Option option in options.All) command.Add(option);
        command.SetAction(line => Run(terminal, options, line));
        return command;
    }

    private static int Run(Terminal terminal, PrepareOptions options, ParseResult line)
    {
        bool json = line.GetValue(options.Json);
        var request = new PreparationRequest
        {
            Source = PrepareSource.Read(options, line),
            Output = line.GetRequiredValue(options.Output),
            Name = line.GetValue(options.Name),
            Verify = !line.GetValue(options.NoVerify),
            ThreadCount = line.GetValue(options.Threads),
        };
        PreparationSummary summary = Prepare(terminal, request, json);
        if (json) WriteJson(terminal, summary);
        else Draw(terminal, summary);
        return 0;
    }

    /// <summary>Prepares behind a progress bar.</summary>
    public static PreparationSummary Prepare(Terminal terminal, PreparationRequest request, bool json) => ProgressBars.Show(terminal, json, bars =>
        DatasetPreparer.Prepare(
            request,
            bars.Forward<PreparationProgress>((bar, progress) => bar.Report(progress.Stage, progress.Done, progress.Total)),
            terminal.Cancellation));

    private static void Draw(Terminal terminal, PreparationSummary summary) => terminal.Draw(Tables.Facts(
        ("data set", summary.Name),
        ("rows read", Tables.Count(summary.RowCount)),
        ("users", Tables.Count(summary.UserCount)),
        ("items", Tables.Count(summary.ItemCount)),
        ("interactions", Tables.Count(summary.InteractionCount)),
        ("ratings", summary.HasRatings ? "yes" : "no"),
        ("timestamps", summary.HasTimestamps ? string.Create(CultureInfo.InvariantCulture, $"{summary.FirstTimestamp} to {summary.LastTimestamp}") : "no"),
        ("store", $"{summary.Output}, {Tables.Size(summary.StoreBytes)}"),
        ("fingerprint", summary.Fingerprint),
        ("time", Tables.Duration(summary.Elapsed))));

    private static void WriteJson(Terminal terminal, PreparationSummary summary) => terminal.WriteJson(json =>
    {
        json.WriteString("name", summary.Name);
        json.WriteString("store", summary.Output);
        json.WriteNumber("rows", summary.RowCount);
        json.WriteNumber("users", summary.UserCount);
        json.WriteNumber("items", summary.ItemCount);
        json.WriteNumber("interactions", summary.InteractionCount);
        json.WriteBoolean("ratings", summary.HasRatings);
        json.WriteBoolean("timestamps", summary.HasTimestamps);
        if (summary.FirstTimestamp is { } first) json.WriteNumber("firstTimestamp", first);
        if (summary.LastTimestamp is { } last) json.WriteNumber("lastTimestamp", last);
        json.WriteNumber("storeBytes", summary.StoreBytes);
        json.WriteString("fingerprint", summary.Fingerprint);
        json.WriteNumber("seconds", summary.Elapsed.TotalSeconds);
    });
}
