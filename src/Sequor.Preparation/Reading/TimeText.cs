using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Sequor.Preparation.Reading;

/// <summary>Times as text to microseconds since 1970.</summary>
internal static class TimeText
{
    /// <summary>First microsecond that is refused: 2200-01-01.</summary>
    public const long End = 7_258_118_400_000_000;

    /// <summary>The unit that most of the values speak for: numbers by their size (seconds end at 10¹¹, the year 5138), or ISO text.</summary>
    public static TimeUnit? Guess(IEnumerable<string> values)
    {
        int[] votes = new int[5];
        foreach (string value in values)
        {
            byte[] text = Encoding.UTF8.GetBytes(value);
            if (TryNumber(text, out decimal number))
            {
                decimal size = Math.Abs(number);
                votes[size < 1e11m ? 0 : size < 1e14m ? 1 : size < 1e17m ? 2 : 3]++;
            }
            else if (TryIso(text, out _)) votes[4]++;
        }

        int most = Array.IndexOf(votes, votes.Max());
        return votes[most] == 0 ? null : (TimeUnit)most;
    }

    /// <summary>Microseconds since 1970 of a value; false when it is not of the unit or outside 1970 to 2199.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, TimeUnit unit, out long microseconds)
    {
        if (unit == TimeUnit.Iso)
        {
            if (!TryIso(text, out microseconds)) return false;
        }
        else if (TryDigits(text, out long whole))
        {
            long factor = unit switch { TimeUnit.Seconds => 1_000_000, TimeUnit.Milliseconds => 1_000, _ => 1 };
            if (whole > End / factor && unit != TimeUnit.Nanoseconds)
            {
                microseconds = 0;
                return false;
            }

            microseconds = unit == TimeUnit.Nanoseconds ? whole / 1_000 : whole * factor;
        }
        else
        {
            microseconds = 0;
            if (!TryNumber(text, out decimal number) || Math.Abs(number) >= 1e20m) return false;
            number *= unit switch { TimeUnit.Seconds => 1e6m, TimeUnit.Milliseconds => 1e3m, TimeUnit.Microseconds => 1m, _ => 1e-3m };
            if (number < 0 || number >= End) return false;
            microseconds = (long)number;
        }

        return microseconds is >= 0 and < End;
    }

    /// <summary>The rule of a unit, for messages.</summary>
    public static string Rule(TimeUnit? unit) => unit switch
    {
        null => "must be seconds, milliseconds, micro- or nanoseconds since 1970, or a date such as 2014-03-01 12:30:00",
        TimeUnit.Iso => "must be a date such as 2014-03-01 12:30:00 from 1970 to 2199",
        _ => $"must be a number of {Name(unit.Value)} since 1970 that lies before the year 2200",
    };

    /// <summary>The unit in words.</summary>
    public static string Name(TimeUnit unit) => unit == TimeUnit.Iso ? "ISO 8601 dates" : unit.ToString().ToLowerInvariant();

    private static bool TryDigits(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > 18) return false;
        foreach (byte letter in text)
        {
            int digit = letter - '0';
            if ((uint)digit > 9) return false;
            value = 10 * value + digit;
        }

        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out decimal value)
    {
        if (Utf8Parser.TryParse(text, out value, out int read) && read == text.Length) return true;
        // 9.64982703E8, as some tools write large numbers.
        value = 0;
        if (!Utf8Parser.TryParse(text, out double real, out read) || read != text.Length || !(Math.Abs(real) < 1e20)) return false;
        value = (decimal)real;
        return true;
    }

    private static bool TryIso(ReadOnlySpan<byte> text, out long microseconds)
    {
        microseconds = 0;
        if (text.Length is < 10 or > 40 || text[4] != '-' || text[7] != '-') return false;
        if (text.Length == 19 && text[10] is (byte)' ' or (byte)'T' && text[13] == ':' && text[16] == ':'
            && Pair(text, 0) is var century and >= 0 && Pair(text, 2) is var year and >= 0 && Pair(text, 5) is var month and >= 1 and <= 12
            && Pair(text, 8) is var day and >= 1 && Pair(text, 11) is var hour and >= 0 and < 24 && Pair(text, 14) is var minute and >= 0 and < 60
            && Pair(text, 17) is var second and >= 0 and < 60)
        {
            year += 100 * century;
            if (year < 1 || day > DateTime.DaysInMonth(year, month)) return false;
            microseconds = (new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            return true;
        }

        Span<char> letters = stackalloc char[40];
        if (!Encoding.UTF8.TryGetChars(text, letters, out int length)) return false;
        if (!DateTimeOffset.TryParse(letters[..length], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset moment)) return false;
        microseconds = (moment.UtcDateTime - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return true;
    }

    private static int Pair(ReadOnlySpan<byte> text, int at)
    {
        int tens = text[at] - '0', ones = text[at + 1] - '0';
        return (uint)tens > 9 || (uint)ones > 9 ? -1 : 10 * tens + ones;
    }
}
