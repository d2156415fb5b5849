using System.Runtime.InteropServices;
using Sequor.Cli;

using var cancellation = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
return CommandLine.Run(args, new Terminal(Console.Out, Console.Error, isInteractive: !Console.IsOutputRedirected, cancellation.Token));

// The first signal asks for an orderly end; the second, should the first not help, is left to the system.
void End(PosixSignalContext signal)
{
    signal.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}
