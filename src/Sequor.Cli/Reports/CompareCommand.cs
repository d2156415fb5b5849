using System.CommandLine;

namespace Sequor.Cli.Reports;

/// <summary><c>sequor compare</c>: runs side by side on the terminal.</summary>
internal static class CompareCommand
{
    public static Command Create(Terminal terminal)
    {
        var shared = new ComparisonArguments("Two or more runs that `sequor train` wrote on the same data under the same protocol, or their models.");
        var command = new Command("compare", """
            Compares runs on the same users: metrics with 95 % intervals, differences, and whether they may be chance.

            Examples:
              sequor compare runs/sasrec runs/hstu
              sequor compare runs/sasrec runs/hstu runs/hstu-large --baseline sasrec --json
              sequor compare runs/sasrec runs/hstu --plot curves.png
            """);
        shared.AddTo(command);
        command.Validators.Add(line =>
        {
            if (line.GetValue(shared.Runs) is [_]) line.AddError("name two runs or more; `sequor report RUN` tells of one");
        });
        command.SetAction(line =>
        {
            Comparison comparison = Comparison.Of(terminal, shared.Options(line));
            if (comparison.Options.Json) terminal.WriteJson(json => ComparisonJson.Write(json, comparison));
            else ComparisonTables.Draw(terminal, comparison);
            shared.Plot(terminal, line, comparison);
            return 0;
        });
        return command;
    }
}
