namespace Sequor;

/// <summary>
/// Input that a person can mend: one sentence with what is wrong, the value, the rule, where it stands (file:line) and the next step.
/// Programs print the message and exit with code 2; no stack trace is wanted.
/// </summary>
public sealed class InvalidInputException : Exception
{
    /// <summary>Creates the exception with the sentence to show.</summary>
    public InvalidInputException(string message) : base(message) { }

    /// <summary>Creates the exception with the sentence to show and the error it stands for.</summary>
    public InvalidInputException(string message, Exception? innerException) : base(message, innerException) { }
}
