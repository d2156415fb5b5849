using System.CommandLine;
using System.Globalization;
using Sequor.Training.Distributed;

namespace Sequor.Cli;

/// <summary>Work as one of the ranks that <c>mpirun</c> has started, or, where it has not, as the only process.</summary>
internal static class RankSession
{
    /// <summary>Environment variable in which the launcher of one host says how wide the terminal is that somebody watches.</summary>
    public const string WidthVariable = "SEQUOR_COLUMNS";

    private const int DefaultPatience = 6;
    private static readonly TimeSpan SayFirst = TimeSpan.FromSeconds(3);

    /// <summary><c>--workers</c>.</summary>
    public static Option<int?> Workers() => CommonOptions.Number<int>(
        RankLaunch.Option, "Processes on this host that train one model together, over Open MPI; the cores are shared out. For several hosts start this command under mpirun.", 1);

    /// <summary><c>--rank-timeout</c>.</summary>
    public static Option<int?> Patience() => CommonOptions.Number<int>(
        "--rank-timeout", $"Seconds that a process may be silent before the job ends. {DefaultPatience} when absent.", 1, "SECONDS");

    /// <summary>Threads of this process: those that were asked for, or its share of the cores; null for all of them.</summary>
    public static int? Threads(int? asked, IProcessGroup? group) => asked ?? (group is null ? null : RankEnvironment.ThreadCount);

    /// <summary>Starts this command again as several ranks, where that is asked for; else, and in each of them, runs the work.</summary>
    public static int Run(Terminal terminal, ParseResult line, Option<int?> workers, Option<int?> patience, Func<Terminal, IProcessGroup?, int> work) =>
        line.GetValue(workers) is > 1 and { } count && !IsRank(count)
            ? RankLaunch.Run(terminal, line.Tokens.Select(token => token.Value), count)
            : Run(terminal, line.GetValue(patience), work);

    // The launcher of this host passes the option over.
    private static bool IsRank(int asked) => RankEnvironment.IsLaunched
        ? throw new InvalidInputException($"{RankLaunch.Option} {asked} starts processes itself, and this one was started by mpirun: leave the option out, or mpirun")
        : false;

    /// <summary>Runs the work with the group that this process belongs to; only the first rank writes results, and what befalls all is said once.</summary>
    private static int Run(Terminal terminal, int? patience, Func<Terminal, IProcessGroup?, int> work)
    {
        RankEnvironment.RequireOpenMpi();
        if (RankEnvironment.Size == 1) return work(terminal, null);
        int rank = RankEnvironment.Rank;
        // Open MPI gives its ranks a terminal, whether somebody sits there or not.
        bool watched = int.TryParse(Environment.GetEnvironmentVariable(WidthVariable), CultureInfo.InvariantCulture, out int width) && width > 0;
        Terminal own = rank == 0
            ? new Terminal(terminal.Output, terminal.Error, watched, terminal.Cancellation)
            : new Terminal(TextWriter.Null, TextWriter.Null, isInteractive: false, terminal.Cancellation);
        if (rank == 0 && watched) own.Screen.Profile.Width = width;
        try
        {
            using MpiProcessGroup group = MpiProcessGroup.Join(TimeSpan.FromSeconds(patience ?? DefaultPatience), loss => End(terminal, loss));
            int code = work(own, group);
            group.Leave();
            return code;
        }
        catch (Exception error)
        {
            // What is wrong everywhere the first rank says, and its end is the end of the others; so is an end that another rank has asked for.
            if (rank > 0) Thread.Sleep(SayFirst);
            if (rank > 0 && error is OperationCanceledException) return Failure.Report(error, own);
            if (rank > 0) terminal.Error.Write($"rank {rank} on {Environment.MachineName}: ");
            return Failure.Report(error, terminal);
        }
    }

    // Other threads wait for the lost rank and will never end by themselves.
    private static void End(Terminal terminal, string loss)
    {
        terminal.Error.WriteLine(loss);
        terminal.Error.Flush();
        Environment.Exit(Failure.InvalidInput);
    }
}
