using System.Globalization;
using Spectre.Console;

namespace Sequor.Cli;

/// <summary>The one look of all tables.</summary>
internal static class Tables
{
    /// <summary>A table with the given headings; those that begin with <c>&gt;</c> stand over numbers, to the right.</summary>
    public static Table Create(params ReadOnlySpan<string> headings)
    {
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string heading in headings)
        {
            bool right = heading.StartsWith('>');
            var column = new TableColumn(new Text(heading.TrimStart('>'))) { NoWrap = right };
            table.AddColumn(right ? column.RightAligned() : column);
        }

        return table;
    }

    /// <summary>Two columns: what, and its value.</summary>
    public static Table Facts(params IEnumerable<(string What, string Value)> facts)
    {
        Table table = Create("", "").HideHeaders();
        foreach ((string what, string value) in facts) table.Add(what, value);
        return table;
    }

    /// <summary>Adds a row of plain text: titles may hold any character.</summary>
    public static void Add(this Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    /// <summary>A whole number with separators.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A metric with four decimals.</summary>
    public static string Metric(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    /// <summary>A time span in the unit that suits it.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F1} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min"),
    };

    /// <summary>A size in the unit that suits it.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):F1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024 * 1024):F1} GiB"),
    };
}
