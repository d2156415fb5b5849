using System.Globalization;
using ScottPlot;
using ScottPlot.Palettes;
using ScottPlot.TickGenerators;
using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary>Recall against the latency of the smallest batch, at the first number of results: up and to the left is better.</summary>
internal static class BenchTopKPlot
{
    // Of the picture that is saved; a label's place is judged in its pixels.
    private const int Width = 900, Height = 540;

    private const float Margin = 70;
    private const float LetterWidth = 6.5f;
    private const float LetterHeight = 15;

    // Where a label may stand beside its point: which share of it lies to the left, and how far off, in pixels: right, left, above, below, then further off.
    private static readonly (float Share, float X, float Y)[] Places =
    [
        (0, 9, 0), (1, -9, 0), (0.5f, 0, -16), (0.5f, 0, 16), (0, 9, 16), (1, -9, 16), (0, 9, -16), (1, -9, -16),
        (0.5f, 0, 32), (0.5f, 0, -32), (0.5f, 0, 48), (0.5f, 0, 64), (0.5f, 0, 80), (0.5f, 0, 96),
    ];

    public static Plot Draw(TopKReport report)
    {
        var plot = new Plot();
        TopKDepth first = report.Methods[0].Depths[0];
        (TopKMeasurement Measured, Coordinates At)[] points = [.. report.Methods.Select(measured => (
            measured, new Coordinates(Math.Log10(measured.Depths[0].Searches[0].Time.Median * 1e3), measured.Depths[0].MeanRecall)))];
        var palette = new Category10();
        foreach (var family in points.GroupBy(point => (point.Measured.Method.Kind, point.Measured.Precision)))
        {
            Color color = palette.GetColor((int)family.Key.Kind);
            var line = plot.Add.Scatter(family.Select(point => point.At).ToArray(), color);
            line.LineWidth = 1;
            line.MarkerSize = family.Key.Kind is TopKKind.MipsBruteForce or TopKKind.MixtureBruteForce or TopKKind.MixtureExact ? 13 : 8;
            line.MarkerShape = line.MarkerSize > 8 ? MarkerShape.FilledDiamond : MarkerShape.FilledCircle;
        }

        double left = points.Min(point => point.At.X), right = points.Max(point => point.At.X), least = points.Min(point => point.At.Y);
        double room = Math.Max(0.15, (right - left) * 0.12);
        double height = Math.Max(1 - least, 0.05);
        plot.Axes.SetLimits(left - room, right + room, 1 - 1.15 * height, 1 + 0.15 * height);
        Ticks(plot);
        plot.Axes.Bottom.Label.Text = first.Searches[0].Queries == 1 ? "median latency of a query, ms" : $"median latency of {Tables.Count(first.Searches[0].Queries)} queries, ms";
        plot.Axes.Left.Label.Text = $"recall@{first.K}, mean of {Tables.Count(report.QueryCount)} queries";
        plot.Title($"{report.Subject}, {Tables.Count(report.ItemCount)} items");
        plot.Legend.ManualItems.Add(new LegendItem { LabelText = "exact", MarkerShape = MarkerShape.FilledDiamond, MarkerSize = 13, MarkerColor = Colors.Gray });
        plot.Legend.ManualItems.Add(new LegendItem { LabelText = "approximate", MarkerShape = MarkerShape.FilledCircle, MarkerSize = 8, MarkerColor = Colors.Gray });
        plot.ShowLegend(Alignment.LowerRight);
        Label(plot, points);
        return plot;
    }

    // 1, 2 and 5 of every power of ten: the axis itself is linear in the logarithm.
    private static void Ticks(Plot plot)
    {
        var ticks = new NumericManual();
        for (int power = -4; power <= 5; power++)
            foreach (int digit in (int[])[1, 2, 5])
            {
                double value = digit * Math.Pow(10, power);
                ticks.AddMajor(Math.Log10(value), value.ToString("0.####", CultureInfo.InvariantCulture));
            }

        plot.Axes.Bottom.TickGenerator = ticks;
    }

    // Each label takes the first place beside its point that no label and no point has taken.
    private static void Label(Plot plot, (TopKMeasurement Measured, Coordinates At)[] points)
    {
        // A plot knows its pixels once it was laid out.
        plot.RenderInMemory(Width, Height);
        List<Box> taken = [.. points.Select(point => plot.GetPixel(point.At)).Select(pixel => new Box(pixel.X - 5, pixel.Y - 5, pixel.X + 5, pixel.Y + 5))];
        foreach ((TopKMeasurement measured, Coordinates at) in points.OrderBy(point => point.At.X))
        {
            string text = measured.Method.ToString().Replace("TopK", " ", StringComparison.Ordinal).TrimEnd();
            if (points.Count(point => point.Measured.Method == measured.Method) > 1) text += $" {IndexPrecisionNames.Of(measured.Precision)}";
            float width = text.Length * LetterWidth;
            Pixel pixel = plot.GetPixel(at);
            Box[] boxes = [.. Places.Select(place => Box.At(pixel.X + place.X - place.Share * width, pixel.Y + place.Y, width))];
            int free = Math.Max(0, Array.FindIndex(boxes, box => box.Left > Margin && box.Right < Width - Margin / 4 && !taken.Any(box.Overlaps)));
            taken.Add(boxes[free]);
            var label = plot.Add.Text(text, at);
            (label.OffsetX, label.OffsetY) = (boxes[free].Left - pixel.X, Places[free].Y);
            (label.LabelAlignment, label.LabelFontSize) = (Alignment.MiddleLeft, 12);
        }
    }

    private readonly record struct Box(float Left, float Top, float Right, float Bottom)
    {
        public static Box At(float left, float middle, float width) => new(left, middle - LetterHeight / 2, left + width, middle + LetterHeight / 2);

        public bool Overlaps(Box other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }
}
