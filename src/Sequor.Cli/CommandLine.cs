using System.CommandLine;
using System.CommandLine.Invocation;
using Sequor.Cli.Bench;
using Sequor.Cli.Inspect;
using Sequor.Cli.Load;
using Sequor.Cli.Reports;

namespace Sequor.Cli;

/// <summary>The whole tool as a function of its arguments: tests call it without a process.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command; returns the exit code: 0, 2 for what a person can mend, 130 when interrupted, 1 for a defect.</summary>
    public static int Run(string[] args, Terminal terminal)
    {
        RootCommand root = Create(terminal);
        // "@" begins an ordinary id here, and no command reads its arguments from files.
        var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
        ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args, parser);
        if (parsed.Action is ParseErrorAction) return Refuse(parsed, terminal);
        if (parsed.Tokens.Any(token => token.Value.Length == 0))
        {
            terminal.Error.WriteLine("a value on the command line is empty; is a variable of the shell unset?");
            return Failure.InvalidInput;
        }

        // The list of commands has a line for each; their examples stand in their own help.
        if (parsed.CommandResult.Command == root) foreach (Command command in root.Subcommands) command.Description = FirstLine(command.Description!);
        var invocation = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return parsed.Invoke(invocation);
        }
        catch (Exception error)
        {
            return Failure.Report(error, terminal);
        }
    }

    /// <summary>What is wrong with arguments before anything is done; nothing, as a rule.</summary>
    internal static IReadOnlyList<string> Check(string[] args, Terminal terminal) =>
        [.. Create(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }).Errors.Select(error => error.Message)];

    private static RootCommand Create(Terminal terminal) =>
        new("""
            Sequor trains, evaluates and serves generative recommenders (HSTU, SASRec, FuXi, LiGR).

            Example:
              sequor quickstart
            """)
        {
            HelpName = "sequor",
            Subcommands =
            {
                QuickstartCommand.Create(terminal),
                PrepareCommand.Create(terminal),
                AppendCommand.Create(terminal),
                InspectCommand.Create(terminal),
                TrainCommand.Create(terminal),
                EvaluateCommand.Create(terminal),
                CompareCommand.Create(terminal),
                ReportCommand.Create(terminal),
                RecommendCommand.Create(terminal),
                IndexCommand.Create(terminal),
                ServeCommand.Create(terminal),
                ImportCommand.Create(terminal),
                ExportCommand.Create(terminal),
                LoadCommand.Create(terminal),
                HealthCommand.Create(terminal),
                BenchCommand.Create(terminal),
                DoctorCommand.Create(terminal),
            },
        };

    private static int Refuse(ParseResult parsed, Terminal terminal)
    {
        string[] messages = [.. parsed.Errors.Select(error => OneLine(error.Message)).Distinct()];
        // A misspelt command is also a missing one; the misspelling says more.
        if (messages.Length > 1 && parsed.CommandResult.Command is RootCommand)
        {
            messages = [.. messages.Where(message => !message.StartsWith("Required command", StringComparison.Ordinal))];
        }

        string name = parsed.CommandResult.Command is RootCommand ? "sequor" : $"sequor {parsed.CommandResult.Command.Name}";
        foreach (string message in messages) terminal.Error.WriteLine($"{message.TrimEnd('.')}; see `{name} --help`");
        return Failure.InvalidInput;
    }

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd();

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
