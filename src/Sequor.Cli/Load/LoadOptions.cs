using System.CommandLine;
using System.Globalization;

namespace Sequor.Cli.Load;

/// <summary>Options of <c>sequor load</c> that are numbers with a meaning of their own.</summary>
internal static class LoadOptions
{
    /// <summary>Rates, such as <c>100,200,400</c>.</summary>
    public static Option<double[]> Rates() => new("--rates")
    {
        Description = "Several rates, one after another.",
        HelpName = "N,N,…",
        CustomParser = result =>
        {
            string[] parts = result.Tokens[0].Value.Split(',');
            double[] rates = [.. parts.Select(part => Parse(part, out double rate) && rate > 0 ? rate : double.NaN)];
            if (!rates.Any(double.IsNaN)) return rates;
            result.AddError($"--rates {result.Tokens[0].Value} must be numbers above 0 with commas between, such as 100,200,400");
            return [];
        },
    };

    /// <summary>A number from a smallest one on.</summary>
    public static Option<double?> Number(string name, string description, double smallest, double largest, string helpName = "N") => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (Parse(result.Tokens[0].Value, out double number) && number >= smallest && number <= largest) return number;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} {result.Tokens[0].Value} must be a number from {smallest} to {largest}"));
            return null;
        },
    };

    /// <summary>A time, such as <c>8ms</c> or <c>0.5s</c>, in seconds.</summary>
    public static Option<double?> Time(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            double unit = text.EndsWith("ms", StringComparison.Ordinal) ? 1e-3 : text.EndsWith('s') ? 1 : double.NaN;
            if (Parse(text.TrimEnd('m', 's'), out double number) && number * unit is > 0 and <= 3600 and var seconds) return seconds;
            result.AddError($"{name} {text} must be a time such as 8ms or 0.5s, an hour at most");
            return null;
        },
    };

    /// <summary>What is asked.</summary>
    public static Option<LoadKind?> Kind() => new("--kind")
    {
        Description = "What is asked: by history (history), by user id (user), events and then their users (events), or all of it (mix). history when absent.",
        HelpName = "history|user|events|mix",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            foreach (LoadKind kind in Enum.GetValues<LoadKind>()) if (LoadJson.NameOf(kind) == text) return kind;
            result.AddError($"--kind {text} must be history, user, events or mix");
            return null;
        },
    };

    /// <summary>The address of a service, with a slash at its end so that paths can be added.</summary>
    /// <exception cref="InvalidInputException">It is no web address.</exception>
    public static Uri Service(string text) => Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
        ? address
        : throw new InvalidInputException($"'{text}' is not a web address such as http://127.0.0.1:8080");

    private static bool Parse(string text, out double number) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
