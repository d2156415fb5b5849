using System.Globalization;

namespace Sequor.Cli;

/// <summary>Times on the command line.</summary>
internal static class Moment
{
    /// <summary>Seconds since 1970: from a whole number, or from a date, with time of day if wanted, in UTC.</summary>
    /// <exception cref="InvalidInputException">The text is neither.</exception>
    public static long Parse(string text, string option)
    {
        if (text.Length == 4 && text.All(char.IsAsciiDigit)) throw new InvalidInputException($"{option} '{text}' would be second {text} of 1970; write a date such as {text}-01-01");
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds)) return seconds;
        const DateTimeStyles Universal = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        // 01/02/2013 is January to some and February to others.
        return text.Length >= 10 && text[4] == '-' && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Universal, out DateTimeOffset moment)
            ? moment.ToUnixTimeSeconds()
            : throw new InvalidInputException($"{option} '{text}' must be whole seconds since 1970 or a date such as 2001-01-31");
    }
}
