using System.Globalization;
using Sequor.Evaluation.Statistics;

namespace Sequor.Cli.Reports;

/// <summary>A line of an interval chart: a heading, or a number with its interval.</summary>
/// <param name="Name">What stands before it.</param>
/// <param name="Run">Number of the run, which has a colour; null for black.</param>
/// <param name="Value">The number; null for a heading.</param>
internal sealed record IntervalRow(string Name, int? Run, Estimate? Value);

/// <summary>Numbers with their intervals, one below the other, as SVG that takes its colours from the page.</summary>
internal static class IntervalChart
{
    private const double Width = 460, RowHeight = 24, Top = 6, LetterWidth = 7.2, NumberWidth = 58;

    /// <summary>Draws the rows; <paramref name="fromZero"/> shows the place where nothing differs.</summary>
    public static Markup Draw(string title, string below, IReadOnlyList<IntervalRow> rows, bool fromZero, string format)
    {
        Estimate[] values = [.. rows.Where(row => row.Value is not null).Select(row => row.Value!.Value)];
        if (values.Length == 0) return Markup.Empty;
        double left = Math.Min(215, 14 + LetterWidth * rows.Where(row => row.Value is not null).Max(row => row.Name.Length)), right = Width - NumberWidth - 6;
        double low = values.Min(value => value.Low), high = values.Max(value => value.High);
        var axis = new Axis(fromZero ? Math.Min(0, low) : low, fromZero ? Math.Max(0, high) : high, left, right);
        double bottom = Top + rows.Count * RowHeight;
        Markup grid = Markup.Join(axis.Ticks.Select(tick => Markup.Of($"""<line class="{(tick == 0 ? "zero" : "grid")}" x1="{Number(axis.Place(tick))}" x2="{Number(axis.Place(tick))}" y1="{Top}" y2="{bottom}"/><text class="tick" x="{Number(axis.Place(tick))}" y="{bottom + 16}" text-anchor="middle">{tick.ToString(axis.Format, CultureInfo.InvariantCulture)}</text>""")));
        return Markup.Of($"""
            <figure><figcaption>{title}</figcaption><svg viewBox="0 0 {Width} {bottom + 42}" role="img" aria-label="{title}">
            {grid}{Markup.Join(rows.Select((row, number) => Row(row, Top + (number + 0.5) * RowHeight, axis, left, format)))}<text class="label" x="{Number((left + right) / 2)}" y="{bottom + 36}" text-anchor="middle">{below}</text></svg></figure>

            """);
    }

    private static Markup Row(IntervalRow row, double middle, Axis axis, double left, string format)
    {
        string y = Number(middle), text = Number(middle + 4.5);
        if (row.Value is not { } value) return Markup.Of($"""<text class="heading" x="0" y="{text}">{row.Name}</text>""");
        string color = row.Run is { } run ? $"c{RunColor.Of(run)}" : "c-none", number = value.Mean.ToString(format, CultureInfo.InvariantCulture);
        return Markup.Of($"""
            <text class="row" x="{Number(left - 8)}" y="{text}" text-anchor="end">{row.Name}</text><line class="interval {color}" x1="{Number(axis.Place(value.Low))}" x2="{Number(axis.Place(value.High))}" y1="{y}" y2="{y}"/><circle class="mark {color}" cx="{Number(axis.Place(value.Mean))}" cy="{y}" r="4.5"><title>{row.Name}: {number}, {value.Low.ToString(format, CultureInfo.InvariantCulture)} to {value.High.ToString(format, CultureInfo.InvariantCulture)}</title></circle><text class="number" x="{Width}" y="{text}" text-anchor="end">{number}</text>
            """);
    }

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
