using System.Globalization;
using ScottPlot;
using Sequor.Data;

namespace Sequor.Cli.Inspect;

/// <summary>Events of each item by its rank, both logarithmic.</summary>
internal static class PopularityPlot
{
    private const int MostPoints = 600;

    public static Plot Draw(StoreView view)
    {
        PopularityStatistics popularity = view.Statistics.Popularity;
        Plot plot = PlotStyle.Create(
            string.Create(CultureInfo.InvariantCulture, $"{view.Store.Name}: Gini {popularity.Gini:F2}, top 10 % of the items have {popularity.TopTenthShare:P0} of the events"),
            "rank of the item (logarithmic)",
            "events of the item (logarithmic)");
        long[] counts = Array.FindAll(popularity.Counts.ToArray(), count => count > 0);
        Array.Sort(counts, (left, right) => right.CompareTo(left));
        Coordinates[] points = [.. Ranks(counts.Length).Select(rank => new Coordinates(Math.Log10(rank), Math.Log10(counts[rank - 1])))];
        var line = plot.Add.Scatter(points, PlotStyle.Data);
        line.LineWidth = 2.5f;
        // A curve of few items is its points.
        line.MarkerSize = counts.Length <= 60 ? 6 : 0;
        int tenth = (counts.Length + 9) / 10;
        var mark = plot.Add.VerticalLine(Math.Log10(tenth), 2, PlotStyle.Mark, LinePattern.Dashed);
        mark.LegendText = $"top 10 %: {Tables.Count(tenth)} items";
        plot.ShowLegend(Alignment.LowerLeft).FontSize = 13;
        plot.Axes.Bottom.TickGenerator = PlotStyle.LogTicks(counts.Length);
        plot.Axes.Left.TickGenerator = PlotStyle.LogTicks(counts[0]);
        plot.Axes.SetLimits(-0.05, Math.Log10(counts.Length) + 0.1, -0.1, Math.Log10(counts[0]) * 1.05 + 0.1);
        return plot;
    }

    // Ranks evenly spaced in the logarithm: a million points on a curve of 800 pixels would show no more.
    private static IEnumerable<int> Ranks(int count)
    {
        double ratio = Math.Pow(count, 1.0 / MostPoints);
        for (int rank = 1; rank < count; rank = Math.Max(rank + 1, (int)(rank * ratio))) yield return rank;
        yield return count;
    }
}
