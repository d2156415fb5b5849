using ScottPlot;
using Sequor.Data;

namespace Sequor.Cli.Inspect;

/// <summary>How many users have how many events: bars of equal width, in the logarithm where lengths differ by more than five times.</summary>
internal static class LengthPlot
{
    private const int MostBars = 60;
    private const double MostEvenRatio = 5;

    public static Plot Draw(StoreView view)
    {
        LengthStatistics lengths = view.Statistics.Lengths;
        // Users without events have no place on a logarithmic axis.
        (int Length, int Users)[] counts = [.. lengths.Histogram.Where(entry => entry.Length > 0)];
        int smallest = counts[0].Length, largest = counts[^1].Length, median = lengths.Percentile(50);
        bool isEven = largest <= MostEvenRatio * smallest;
        Func<double, double> place = isEven ? length => length : Math.Log10;

        Plot plot = PlotStyle.Create(
            $"{view.Store.Name}: events of {Tables.Count(view.Statistics.UserCount)} users", isEven ? "events of a user" : "events of a user (logarithmic)", "users");
        int[] edges = isEven ? EvenEdges(smallest, largest) : LogarithmicEdges(smallest, largest);
        for (int bin = 0; bin + 1 < edges.Length; bin++)
        {
            int users = counts.Where(entry => entry.Length >= edges[bin] && entry.Length < edges[bin + 1]).Sum(entry => entry.Users);
            double left = place(edges[bin] - 0.5), right = place(edges[bin + 1] - 0.5);
            plot.Add.Bar(new Bar { Position = (left + right) / 2, Size = right - left, Value = users, FillColor = PlotStyle.Data, LineColor = Colors.White, LineWidth = 1 });
        }

        if (median > 0)
        {
            var line = plot.Add.VerticalLine(place(median), 2, PlotStyle.Mark, LinePattern.Dashed);
            line.LegendText = $"median {Tables.Count(median)}";
            plot.ShowLegend(Alignment.UpperRight).FontSize = 13;
        }

        plot.Axes.Bottom.TickGenerator = isEven ? PlotStyle.CountTicks() : PlotStyle.LogTicks(largest);
        plot.Axes.Left.TickGenerator = PlotStyle.CountTicks();
        double from = place(edges[0] - 0.5), to = place(edges[^1] - 0.5), room = 0.03 * (to - from);
        plot.Axes.Margins(bottom: 0, top: 0.1);
        plot.Axes.SetLimitsX(from - room, to + room);
        return plot;
    }

    private static int[] EvenEdges(int smallest, int largest)
    {
        int width = (largest - smallest) / MostBars + 1;
        var edges = new List<int> { smallest };
        while (edges[^1] <= largest) edges.Add(edges[^1] + width);
        return [.. edges];
    }

    // Lengths are whole: bars of few lengths would rise and fall by whether they hold two or three.
    private static int[] LogarithmicEdges(int smallest, int largest)
    {
        double ratio = Math.Clamp(1 + 4.0 / smallest, Math.Pow((largest + 1.0) / smallest, 1.0 / MostBars), 2);
        var edges = new List<int> { smallest };
        for (double edge = smallest * ratio; edges[^1] <= largest; edge *= ratio) edges.Add((int)Math.Ceiling(edge));
        return [.. edges];
    }
}
