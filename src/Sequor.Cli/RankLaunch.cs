using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Sequor.Training.Distributed;

namespace Sequor.Cli;

/// <summary><c>--workers N</c>: this command again, N times on this host, under Open MPI's launcher.</summary>
internal static class RankLaunch
{
    /// <summary>Name of the option.</summary>
    public const string Option = "--workers";

    private const string Launcher = "mpirun";
    private const int Stop = 10;

    /// <summary>Runs the ranks; returns their exit code.</summary>
    /// <param name="terminal">Where they write; cancelled, it asks the launcher to end, which asks the ranks.</param>
    /// <param name="tokens">The command line, <c>--workers</c> and its number included.</param>
    /// <param name="count">Ranks.</param>
    public static int Run(Terminal terminal, IEnumerable<string> tokens, int count)
    {
        // In a session of its own: an interrupt from the keyboard would make it kill the ranks within a second. It still ends with this process.
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false, RedirectStandardError = true };
        Add(start, "setpriv", "--pdeathsig", "TERM", Find(Launcher, count));
        Add(start, "-n", count.ToString(CultureInfo.InvariantCulture), "--bind-to", "none", "--oversubscribe");
        // The launcher gives its ranks terminals of its own, of no width.
        if (terminal.IsInteractive) start.Environment[RankSession.WidthVariable] = terminal.Screen.Profile.Width.ToString(CultureInfo.InvariantCulture);
        else start.Environment["TERM"] = "dumb";
        if (Environment.IsPrivilegedProcess) Add(start, "--allow-run-as-root");
        string program = Environment.ProcessPath!;
        Add(start, program);
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") Add(start, typeof(RankLaunch).Assembly.Location);
        bool skips = false;
        foreach (string token in tokens)
        {
            if (!skips && token != Option) Add(start, token);
            skips = token == Option;
        }

        using Process process = Process.Start(start)!;
        // This signal it hands to the ranks, which then stop behind the same step.
        using CancellationTokenRegistration end = terminal.Cancellation.Register(() => _ = Signal(process.Id, Stop));
        new LauncherMessages(terminal.Error).Forward(process.StandardError);
        process.WaitForExit();
        return process.ExitCode;
    }

    private static string Find(string program, int count)
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            if (Path.Combine(folder, program) is { } path && File.Exists(path)) return path;
        throw new InvalidInputException($"{Option} {count} needs Open MPI's {program}, which is not there: {MpiProcessGroup.InstallAdvice}, or leave the option out");
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);

    private static void Add(ProcessStartInfo start, params string[] arguments)
    {
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
    }
}
