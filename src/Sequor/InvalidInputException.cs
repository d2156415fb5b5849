namespace Sequor;

/// <summary>
/// Input that a person can mend: one sentence with what is wrong, the value, the rule, where it stands (file:line) and the next step.
/// Programs print the message and exit with code 2; no stack trace is wanted.
/// </summary>
/// <remarks>Messages quote what files say: one that is too long to be read loses its middle, and what a terminal would obey is shown as U+FFFD.</remarks>
public sealed class InvalidInputException : Exception
{
    private const int LongestMessage = 4_000, ShownEnd = 1_000;

    /// <summary>Creates the exception with the sentence to show.</summary>
    public InvalidInputException(string message) : base(Readable(message)) { }

    /// <summary>Creates the exception with the sentence to show and the error it stands for.</summary>
    public InvalidInputException(string message, Exception? innerException) : base(Readable(message), innerException) { }

    private static string Readable(string message)
    {
        string shown = message.Length <= LongestMessage ? message : $"{message.AsSpan(0, LongestMessage - ShownEnd)} … {message.AsSpan(message.Length - ShownEnd)}";
        if (!shown.Any(IsObeyed)) return shown;
        return string.Create(shown.Length, shown, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = IsObeyed(source[i]) ? '\uFFFD' : source[i];
        });
    }

    private static bool IsObeyed(char letter) => char.IsControl(letter) && letter is not ('\n' or '\r' or '\t');
}
