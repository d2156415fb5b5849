using System.CommandLine;
using Sequor.Storage;

namespace Sequor.Cli.Reports;

/// <summary><c>sequor report</c>: runs as a page to read, to send and to print.</summary>
internal static class ReportCommand
{
    private const int DefaultExamples = 3;

    public static Command Create(Terminal terminal)
    {
        var shared = new ComparisonArguments("Runs that `sequor train` wrote on the same data under the same protocol, or their models.");
        var output = new Option<string>("--out") { Description = "Page to write: one file that needs nothing else.", HelpName = "FILE", DefaultValueFactory = _ => "report.html" };
        Option<int?> examples = CommonOptions.Number<int>("--examples", $"Users to show with their recommendations; {DefaultExamples} when absent, 0 for none.", 0);
        var note = new Option<string?>("--note") { Description = "What the reader should know besides, to stand at the top.", HelpName = "TEXT" };
        var command = new Command("report", """
            Writes a page on one run or several: curves, metrics with intervals, significance, groups of users, examples, settings.

            Examples:
              sequor report runs/hstu
              sequor report runs/sasrec runs/hstu runs/hstu-large --out comparison.html
              sequor report runs/hstu --data moved/ml-1m.sequor --examples 0 --note "Dropout 0.2 as in the paper."
            """) { output, examples, note };
        shared.AddTo(command);
        command.SetAction(line =>
        {
            string path = line.GetRequiredValue(output);
            OutputFile.RequireReplaceable(path);
            if (Directory.Exists(path)) throw new InvalidInputException($"--out {path} is a folder; give the name of a file, such as {Path.Combine(path, "report.html")}");
            Comparison comparison = Comparison.Of(terminal, shared.Options(line) with { Examples = line.GetValue(examples) ?? DefaultExamples });
            byte[] page = ReportPage.Write(comparison, DateTimeOffset.UtcNow, line.GetValue(note));
            AtomicFile.Write(path, stream => stream.Write(page));
            if (comparison.Options.Json)
            {
                terminal.WriteJson(json =>
                {
                    json.WriteString("report", path);
                    ComparisonJson.Write(json, comparison);
                });
            }
            else
            {
                foreach (string sentence in ComparisonWords.Verdict(comparison)) terminal.Say(sentence);
                foreach (string sentence in ComparisonWords.Warnings(comparison)) terminal.Notice(sentence);
                terminal.Say($"the page is {path} ({Tables.Size(page.Length)})");
            }

            shared.Plot(terminal, line, comparison);
            return 0;
        });
        return command;
    }
}
