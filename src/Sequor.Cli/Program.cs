using Sequor.Cli;

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    // The first asks for an orderly end; the second, should the first not help, is left to the system.
    pressed.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
};
return CommandLine.Run(args, new Terminal(Console.Out, Console.Error, isInteractive: !Console.IsOutputRedirected, cancellation.Token));
