using System.Globalization;

namespace Sequor.Cli;

/// <summary>Times of a store, which are seconds since 1970 unless the source had a unit of its own.</summary>
internal static class UtcTime
{
    private const long Year1 = -62_135_596_800, EndOfYear9999 = 253_402_300_799;

    /// <summary>Whether the number can be a date, in seconds since 1970.</summary>
    public static bool IsDate(long time) => time is >= Year1 and <= EndOfYear9999;

    /// <summary>Date and time of day in UTC; the number itself when it can be no date.</summary>
    public static string Show(long time) => IsDate(time)
        ? DateTimeOffset.FromUnixTimeSeconds(time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
        : time.ToString(CultureInfo.InvariantCulture);
}
