namespace Sequor.Cli.Reports;

/// <summary>How the runs learned.</summary>
internal static class ReportCurves
{
    public static Markup Section(Comparison comparison)
    {
        RunCurves[] runs = [.. comparison.Runs.Select((run, number) => new RunCurves(number, run.Name, run.Record, run.Manifest.Epoch)).Where(run => run.Epochs.Count > 0)];
        if (runs.Length == 0) return Markup.Empty;
        string split = comparison.Data.Protocol == "validation" ? "the second to last event, which chooses the epoch" : "the last event, which also chooses the epoch";
        return Markup.Of($"""
            <section id="curves"><h2>Learning curves</h2><p class="legend">{Markup.Join(runs.Select(run => RunColor.Chip(run.Number, run.Name)))}<span class="chip">● best epoch</span></p>
            <div class="charts">{CurveChart.Draw("NDCG@10", "epoch", "NDCG@10", Lines(runs, "ndcg@10"), fromZero: true)}{CurveChart.Draw("HR@10", "epoch", "HR@10", Lines(runs, "hr@10"), fromZero: true)}{CurveChart.Draw("Training loss", "epoch", "mean loss", Lines(runs, "losses/main_loss", mark: false), fromZero: false)}{CurveChart.Draw("NDCG@10 by time", "minutes of training", "NDCG@10", [.. runs.Select(run => run.ByTime("ndcg@10"))], fromZero: true)}</div>
            <p class="note">Metrics are those of {split}. Epochs count from 0. Losses of different similarities or negatives cannot be compared. Times are those of the training steps, on whatever else the machine did.</p></section>
            """);
    }

    private static Curve[] Lines(RunCurves[] runs, string name, bool mark = true) => [.. runs.Select(run => run.ByEpoch(name, mark))];
}
