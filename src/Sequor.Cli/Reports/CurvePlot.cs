using ScottPlot;
using ScottPlot.Palettes;
using Sequor.Training;
using PlotStyle = Sequor.Cli.Inspect.PlotStyle;

namespace Sequor.Cli.Reports;

/// <summary>Learning curves as a picture: the metric that chooses epochs.</summary>
internal static class CurvePlot
{
    private const string Metric = "ndcg@10";

    /// <summary>Writes the picture, and shows it where the terminal can.</summary>
    public static void Save(Terminal terminal, IReadOnlyList<RunCurves> runs, string path, bool json)
    {
        if (runs.All(run => run.Epochs.Count == 0))
        {
            terminal.Notice("no picture: none of these has learning curves (metrics.jsonl); name the folder of a run");
            return;
        }

        Images.SavePng(Draw(runs), path);
        Images.Show(terminal, path, json);
    }

    /// <summary>Shows the curve of a run that has just ended, on a terminal that can.</summary>
    public static void ShowIfPossible(Terminal terminal, string run, int bestEpoch) => Images.ShowIfPossible(terminal, () =>
    {
        RunRecord record = RunRecord.Read(run);
        return Draw([new RunCurves(0, record.Name, record, bestEpoch)]);
    });

    /// <summary>A line a run, the best epoch marked.</summary>
    public static Plot Draw(IReadOnlyList<RunCurves> runs)
    {
        Plot plot = PlotStyle.Create(runs.Count == 1 ? runs[0].Name : "Learning curves", "epoch", "NDCG@10");
        var palette = new Category10();
        foreach (RunCurves run in runs.Where(run => run.Epochs.Count > 0))
        {
            Curve curve = run.ByEpoch(Metric);
            Color color = palette.GetColor(run.Number);
            var line = plot.Add.ScatterLine(curve.Points.Select(point => new Coordinates(point.X, point.Y)).ToArray(), color);
            (line.LineWidth, line.LegendText) = (2, run.Name);
            if (curve.Mark is { } best) plot.Add.Marker(curve.Points[best].X, curve.Points[best].Y, MarkerShape.FilledCircle, 10, color);
        }

        Curve[] curves = [.. runs.Select(run => run.ByEpoch(Metric))];
        plot.Axes.SetLimits(0, 1.02 * Math.Max(1, curves.SelectMany(curve => curve.Points).Max(point => point.X)), 0, 1.08 * Math.Max(1e-3, curves.SelectMany(curve => curve.Points).Max(point => point.Y)));
        plot.Axes.Bottom.TickGenerator = PlotStyle.CountTicks();
        if (runs.Count > 1) plot.ShowLegend(Alignment.LowerRight).FontSize = 13;
        return plot;
    }
}
