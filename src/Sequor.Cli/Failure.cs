using Sequor.Training.Distributed;

namespace Sequor.Cli;

/// <summary>How an exception becomes a line on the terminal and an exit code.</summary>
internal static class Failure
{
    /// <summary>Something that a person can mend.</summary>
    public const int InvalidInput = 2;

    private const int Defect = 1;
    private const int Interrupted = 130;

    /// <summary>Writes one line (for a defect the stack trace too) and returns the exit code.</summary>
    public static int Report(Exception error, Terminal terminal)
    {
        Exception cause = Cause(error);
        (int code, string message) = cause switch
        {
            RunInterruptedException => (Interrupted, cause.Message),
            OperationCanceledException => (Interrupted, "interrupted"),
            InvalidInputException or RankFailureException => (InvalidInput, cause.Message),
            IOException or UnauthorizedAccessException =>
                (InvalidInput, $"{cause.Message.TrimEnd('.')}; check the path, its permissions and the free space"),
            OutOfMemoryException => (InvalidInput, "memory is exhausted; close other programs, or choose smaller batches or a smaller model"),
            DllNotFoundException or BadImageFormatException => (InvalidInput, $"a native library does not load: {cause.Message}; see `sequor doctor`"),
            _ => (Defect, $"this is a defect of sequor, please report it: {error}"),
        };
        terminal.Error.WriteLine(code == Defect ? message : message.ReplaceLineEndings(" "));
        return code;
    }

    // Worker threads and type initialisers wrap what went wrong; what a person can mend goes before the rest.
    private static Exception Cause(Exception error) => error switch
    {
        AggregateException { InnerExceptions.Count: > 0 } many =>
            many.Flatten().InnerExceptions.Select(Cause).OrderBy(inner => inner is InvalidInputException ? 0 : 1).First(),
        TypeInitializationException { InnerException: { } inner } => Cause(inner),
        _ => error,
    };
}
