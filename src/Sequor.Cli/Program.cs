using System.Runtime.InteropServices;
using Sequor.Cli;

using var cancellation = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
// SIGUSR1 (10 on Linux): what Open MPI's launcher hands on to its ranks, and batch systems send some time before the end.
using PosixSignalRegistration? stop = OperatingSystem.IsLinux() ? PosixSignalRegistration.Create((PosixSignal)10, End) : null;
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
return CommandLine.Run(args, new Terminal(Console.Out, Console.Error, isInteractive: !Console.IsOutputRedirected, cancellation.Token));

// The first signal asks for an orderly end; the second, should the first not help, is left to the system.
void End(PosixSignalContext signal)
{
    signal.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}
