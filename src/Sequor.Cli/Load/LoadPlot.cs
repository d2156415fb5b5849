using System.Globalization;
using ScottPlot;
using ScottPlot.Palettes;
using ScottPlot.TickGenerators;
using PlotStyle = Sequor.Cli.Inspect.PlotStyle;

namespace Sequor.Cli.Load;

/// <summary>Latency by percentile, a line a rate; the axis stretches towards 100 %, where the slow ones are.</summary>
internal static class LoadPlot
{
    // Nines of the percentile 100 (1 − 10^−x).
    private const double Nines = 4;
    private const int Steps = 200;

    public static Plot Draw(LoadReport report)
    {
        Plot plot = PlotStyle.Create("Latency from the scheduled time", "share of requests that took no longer", "milliseconds");
        var palette = new Category10();
        int drawn = 0;
        foreach (LoadMeasurement run in report.Runs.Where(run => run.Answered > 0))
        {
            // Beyond one request in all there is nothing to say.
            double last = Math.Min(Nines, Math.Log10(run.Answered));
            double[] nines = [.. Enumerable.Range(0, Steps + 1).Select(i => last * i / Steps)];
            double[] times = [.. nines.Select(nine => Math.Log10(Math.Max(1e-3, run.Latency.Percentile(100 - 100 * Math.Pow(10, -nine)) * 1e3)))];
            var line = plot.Add.ScatterLine(nines, times, palette.GetColor(drawn++));
            line.LineWidth = 2;
            line.LegendText = LoadOutput.Name(run);
        }

        plot.Axes.Bottom.TickGenerator = Ticks([(0, "0"), (Math.Log10(2), "50 %"), (1, "90 %"), (2, "99 %"), (3, "99.9 %"), (4, "99.99 %")]);
        plot.Axes.Left.TickGenerator = Ticks([.. Enumerable.Range(-2, 7).SelectMany(power => ((int[])[1, 2, 5]).Select(digit =>
            (Math.Log10(digit) + power, (digit * Math.Pow(10, power)).ToString("0.##", CultureInfo.InvariantCulture))))]);
        if (report.Bound is { } bound)
        {
            var mark = plot.Add.HorizontalLine(Math.Log10(bound * 1e3), 1, PlotStyle.Mark, LinePattern.Dashed);
            mark.LegendText = "bound of p99";
        }

        plot.ShowLegend(Alignment.UpperLeft);
        return plot;
    }

    private static NumericManual Ticks((double Place, string Text)[] all)
    {
        var ticks = new NumericManual();
        foreach ((double place, string text) in all) ticks.AddMajor(place, text);
        return ticks;
    }
}
