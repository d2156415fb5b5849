using System.CommandLine;
using System.Globalization;

namespace Sequor.Cli;

/// <summary>Amounts of memory on the command line, as DuckDB reads them: GB is 10⁹ bytes, GiB 2³⁰.</summary>
internal static class Sizes
{
    /// <summary>Reads a number and its unit.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        string digits = text.TrimEnd([.. "kKmMgGtTiIbB"]);
        double factor = text[digits.Length..].ToUpperInvariant() switch
        {
            "KB" or "K" => 1e3, "MB" or "M" => 1e6, "GB" or "G" => 1e9, "TB" or "T" => 1e12, "KIB" => 1 << 10, "MIB" => 1 << 20, "GIB" => 1 << 30, "TIB" => 1L << 40, _ => 0,
        };
        bool read = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        bytes = read ? (long)Math.Min(number * factor, 1e15) : 0;
        return bytes > 0;
    }

    /// <summary>An option whose value is a size, refused in words while the command line is read.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="smallest">Smallest size, as it is written.</param>
    /// <param name="largest">Largest size, in bytes.</param>
    public static Option<long?> Option(string name, string description, string smallest, long largest = long.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryParse(smallest, out long least) && TryParse(text, out long bytes) && bytes >= least && bytes <= largest) return bytes;
            result.AddError($"{name} {text} must be a size of at least {smallest}{(largest == long.MaxValue ? "" : $" and at most {largest / 1_000_000}MB")}, such as 512MB or 4GB");
            return null;
        },
    };
}
