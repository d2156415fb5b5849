namespace Sequor.Cli;

/// <summary>A training was interrupted, and its run can go on; the message says how.</summary>
internal sealed class RunInterruptedException(string run, Exception inner)
    : OperationCanceledException($"interrupted; go on with `{Invocation.Name} train --resume {run}`", inner);
