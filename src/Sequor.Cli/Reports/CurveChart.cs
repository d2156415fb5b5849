using System.Globalization;

namespace Sequor.Cli.Reports;

/// <summary>A line of a chart.</summary>
/// <param name="Run">Number of the run, which has a colour.</param>
/// <param name="Name">Its name.</param>
/// <param name="Points">Along the axis below, ascending.</param>
/// <param name="Mark">Place of the point that is marked; null for none.</param>
internal sealed record Curve(int Run, string Name, IReadOnlyList<(double X, double Y)> Points, int? Mark);

/// <summary>Lines over a number, as SVG that takes its colours from the page.</summary>
internal static class CurveChart
{
    // Narrow, so that letters stay readable on a phone.
    private const double Width = 460, Height = 280, Left = 52, Right = 448, Top = 12, Bottom = 236;

    public static Markup Draw(string title, string below, string beside, IReadOnlyList<Curve> curves, bool fromZero)
    {
        (double X, double Y)[] points = [.. curves.SelectMany(curve => curve.Points).Where(point => double.IsFinite(point.Y))];
        if (points.Length == 0) return Markup.Empty;
        var x = new Axis(points.Min(point => point.X), points.Max(point => point.X), Left, Right);
        var y = new Axis(fromZero ? 0 : points.Min(point => point.Y), points.Max(point => point.Y), Bottom, Top);
        return Markup.Of($"""
            <figure><figcaption>{title}</figcaption><svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{title}, {beside} by {below}">
            {Grid(x, y)}<text class="label" x="{(Left + Right) / 2}" y="{Height - 8}" text-anchor="middle">{below}</text><text class="label" transform="translate(12 {(Top + Bottom) / 2}) rotate(-90)" text-anchor="middle">{beside}</text>
            {Markup.Join(curves.Select(curve => Line(curve, x, y)))}</svg></figure>

            """);
    }

    private static Markup Grid(Axis x, Axis y) => Markup.Join(
    [
        .. y.Ticks.Select(tick => Markup.Of($"""<line class="grid" x1="{Left}" x2="{Right}" y1="{Number(y.Place(tick))}" y2="{Number(y.Place(tick))}"/><text class="tick" x="{Left - 7}" y="{Number(y.Place(tick) + 4)}" text-anchor="end">{tick.ToString(y.Format, CultureInfo.InvariantCulture)}</text>""")),
        .. x.Ticks.Select(tick => Markup.Of($"""<text class="tick" x="{Number(x.Place(tick))}" y="{Bottom + 18}" text-anchor="middle">{tick.ToString(x.Format, CultureInfo.InvariantCulture)}</text>""")),
    ]);

    private static Markup Line(Curve curve, Axis x, Axis y)
    {
        (double X, double Y)[] points = [.. curve.Points.Where(point => double.IsFinite(point.Y))];
        if (points.Length == 0) return Markup.Empty;
        string path = string.Join(' ', points.Select(point => $"{Number(x.Place(point.X))},{Number(y.Place(point.Y))}"));
        Markup mark = Markup.Empty;
        if (curve.Mark is { } place && place < curve.Points.Count && curve.Points[place] is var best && double.IsFinite(best.Y))
            mark = Markup.Of($"""<circle class="mark c{RunColor.Of(curve.Run)}" cx="{Number(x.Place(best.X))}" cy="{Number(y.Place(best.Y))}" r="5"><title>{curve.Name}: best, {best.Y:F4}</title></circle>""");
        return Markup.Of($"""<polyline class="line c{RunColor.Of(curve.Run)}" points="{path}"><title>{curve.Name}</title></polyline>{mark}""");
    }

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
