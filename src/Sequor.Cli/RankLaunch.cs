using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Sequor.Training.Distributed;

namespace Sequor.Cli;

/// <summary><c>--workers N</c>: this command again, N times on this host, under Open MPI's launcher.</summary>
internal static class RankLaunch
{
    private const string Launcher = "mpirun";
    private const int Terminate = 15;

    /// <summary>Runs the ranks; returns their exit code.</summary>
    /// <param name="tokens">The command line, <c>--workers</c> and its number included.</param>
    /// <param name="count">Ranks.</param>
    /// <param name="cancellation">Asks the launcher to end, which asks the ranks.</param>
    public static int Run(IEnumerable<string> tokens, int count, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Launcher) { UseShellExecute = false };
        Add(start, "-n", count.ToString(CultureInfo.InvariantCulture), "--bind-to", "none", "--oversubscribe");
        if (Environment.IsPrivilegedProcess) Add(start, "--allow-run-as-root");
        string program = Environment.ProcessPath!;
        Add(start, program);
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") Add(start, typeof(RankLaunch).Assembly.Location);
        bool skips = false;
        foreach (string token in tokens)
        {
            if (!skips && token != TrainCommand.WorkersOption) Add(start, token);
            skips = token == TrainCommand.WorkersOption;
        }

        try
        {
            using Process process = Process.Start(start)!;
            using CancellationTokenRegistration end = cancellation.Register(() => _ = Signal(process.Id, Terminate));
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception error)
        {
            throw new InvalidInputException($"{TrainCommand.WorkersOption} {count} needs Open MPI's {Launcher}, which is not there: {MpiProcessGroup.InstallAdvice}, or leave the option out", error);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);

    private static void Add(ProcessStartInfo start, params string[] arguments)
    {
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
    }
}
