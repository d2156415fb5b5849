using ScottPlot;
using Sequor.Data;

namespace Sequor.Cli.Inspect;

/// <summary>How many users have how many events: bars of equal width in the logarithm, as lengths spread over powers of ten.</summary>
internal static class LengthPlot
{
    private const int MostBars = 32;

    public static Plot Draw(StoreView view)
    {
        LengthStatistics lengths = view.Statistics.Lengths;
        Plot plot = PlotStyle.Create(
            $"{view.Store.Name}: events of {Tables.Count(view.Statistics.UserCount)} users, median {Tables.Count(lengths.Percentile(50))}", "events of a user (logarithmic)", "users");
        // Users without events have no place on this axis.
        (int Length, int Users)[] counts = [.. lengths.Histogram.Where(entry => entry.Length > 0)];
        double[] edges = Edges(counts[0].Length, counts[^1].Length);
        for (int bin = 0; bin + 1 < edges.Length; bin++)
        {
            int users = counts.Where(entry => entry.Length >= edges[bin] && entry.Length < edges[bin + 1]).Sum(entry => entry.Users);
            if (users == 0) continue;
            double left = Math.Log10(edges[bin] - 0.5), right = Math.Log10(edges[bin + 1] - 0.5);
            plot.Add.Bar(new Bar { Position = (left + right) / 2, Size = right - left, Value = users, FillColor = PlotStyle.Data, LineColor = Colors.White, LineWidth = 1 });
        }

        int median = lengths.Percentile(50);
        if (median > 0)
        {
            var line = plot.Add.VerticalLine(Math.Log10(median), 2, PlotStyle.Mark, LinePattern.Dashed);
            line.LegendText = $"median {Tables.Count(median)}";
            plot.ShowLegend(Alignment.UpperRight).FontSize = 13;
        }

        plot.Axes.Bottom.TickGenerator = PlotStyle.LogTicks(counts[^1].Length);
        plot.Axes.Left.TickGenerator = PlotStyle.CountTicks();
        plot.Axes.SetLimitsX(Math.Log10(edges[0] - 0.5) - 0.05, Math.Log10(edges[^1] - 0.5) + 0.05);
        plot.Axes.Margins(bottom: 0, top: 0.1);
        return plot;
    }

    // Whole lengths: a bar is at least one wide, so short lengths have bars of their own.
    private static double[] Edges(int smallest, int largest)
    {
        double ratio = Math.Pow((largest + 1.0) / smallest, 1.0 / MostBars);
        var edges = new List<double> { smallest };
        while (edges[^1] <= largest) edges.Add(Math.Max(edges[^1] + 1, Math.Round(edges[^1] * ratio)));
        return [.. edges];
    }
}
