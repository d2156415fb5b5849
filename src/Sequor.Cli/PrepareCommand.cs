using System.CommandLine;
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
              sequor prepare ml-1m --out ml-1m.sequor
              sequor prepare ml-20m --source ~/ml-20m.zip --out ml-20m.sequor
              sequor prepare 'logs/*.csv.gz' --user user --item video --time time_ms --k-core 5 --out logs.sequor
              sequor prepare synthetic --users 500 --out small.sequor
              sequor prepare sasrec --source sasrec_format.csv --items movies.dat --out ml-1m.sequor
              sequor prepare ratings.csv --user userId --item movieId --rating rating --time timestamp --out my.sequor
              sequor prepare ratings.csv --user userId --item movieId --items movies.csv --item-id movieId --title title --item-attributes genres --out my.sequor
            """) { options.Source };
        foreach (Option option in options.All) command.Add(option);
        command.SetAction(line => Run(terminal, options, line));
        return command;
    }

    private static int Run(Terminal terminal, PrepareOptions options, ParseResult line)
    {
        bool json = line.GetValue(options.Json);
        OutputFile.RequireReplaceable(line.GetRequiredValue(options.Output));
        PreparationRequest request = options.Filter.Apply(line, new PreparationRequest
        {
            Source = PrepareSource.Read(terminal, options, line),
            Output = line.GetRequiredValue(options.Output),
            Name = line.GetValue(options.Name),
            Verify = !line.GetValue(options.NoVerify),
            ThreadCount = line.GetValue(options.Threads),
        });
        PreparationSummary summary = Prepare(terminal, request, json);
        if (json) PreparationOutput.WriteJson(terminal, summary);
        else PreparationOutput.Draw(terminal, summary);
        return 0;
    }

    /// <summary>Prepares behind a progress bar.</summary>
    public static PreparationSummary Prepare(Terminal terminal, PreparationRequest request, bool json) => ProgressBars.Show(terminal, json, bars =>
        DatasetPreparer.Prepare(
            request,
            bars.Forward<PreparationProgress>((bar, progress) => bar.Report(progress.Stage, progress.Done, progress.Total)),
            terminal.Cancellation));
}
