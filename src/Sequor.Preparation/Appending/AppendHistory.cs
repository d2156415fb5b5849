using System.Globalization;
using System.Text.RegularExpressions;

namespace Sequor.Preparation.Appending;

/// <summary>
/// The source of a store that was appended to: where it came from, how often it was appended to, and the files of the last few times, as in
/// <c>table: ratings.csv; 30 appends, the last: d28.csv; d29.csv; d30.csv</c>.
/// </summary>
internal static partial class AppendHistory
{
    private const int ShownCount = 3;

    /// <summary>The source of a store, one append later.</summary>
    public static string Add(string source, IEnumerable<string> paths)
    {
        string files = string.Join(", ", paths.Select(Path.GetFileName));
        Match before = Pattern().Match(source);
        if (!before.Success) return $"{source}; 1 append: {files}";
        int count = int.Parse(before.Groups["count"].ValueSpan, CultureInfo.InvariantCulture) + 1;
        string[] shown = [.. before.Groups["files"].Value.Split("; "), files];
        string last = string.Join("; ", shown[Math.Max(shown.Length - ShownCount, 0)..]);
        return string.Create(CultureInfo.InvariantCulture, $"{before.Groups["origin"].Value}; {count} appends{(count > ShownCount ? ", the last" : "")}: {last}");
    }

    [GeneratedRegex("^(?<origin>.*); (?<count>[0-9]{1,9}) appends?(, the last)?: (?<files>.*)$", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
