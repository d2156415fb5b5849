using Sequor.Training;

namespace Sequor.Cli.Reports;

/// <summary>The numbers of a run epoch by epoch.</summary>
/// <param name="Number">Number of the run, for its colour.</param>
/// <param name="Name">Its name.</param>
/// <param name="Record">What it wrote.</param>
/// <param name="BestEpoch">The epoch that was kept.</param>
internal sealed record RunCurves(int Number, string Name, RunRecord Record, int BestEpoch)
{
    /// <summary>The lines of its epochs.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, double>> Epochs => Record.Epochs;

    /// <summary>A number by epoch.</summary>
    public Curve ByEpoch(string name, bool mark = true) => Of(name, epoch => epoch["epoch"], mark);

    /// <summary>A number by minutes of training.</summary>
    public Curve ByTime(string name)
    {
        double seconds = 0;
        return Of(name, epoch => (seconds += epoch.GetValueOrDefault("train_seconds")) / 60, mark: true);
    }

    private Curve Of(string name, Func<IReadOnlyDictionary<string, double>, double> place, bool mark)
    {
        int best = Epochs.ToList().FindIndex(epoch => (int)epoch["epoch"] == BestEpoch);
        return new Curve(Number, Name, [.. Epochs.Select(epoch => (place(epoch), epoch.GetValueOrDefault(name, double.NaN)))], mark && best >= 0 ? best : null);
    }
}
