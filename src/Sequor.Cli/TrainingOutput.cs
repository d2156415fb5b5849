using System.Text.Json;
using Sequor.Artifacts;
using Sequor.Cli.Reports;
using Sequor.Training;
using Sequor.Training.Checkpoints;

namespace Sequor.Cli;

/// <summary>What a training has come to, as text and as JSON.</summary>
internal static class TrainingOutput
{
    public static void Draw(Terminal terminal, TrainingJob job, TrainingResult result)
    {
        if (result.Best.Report is { } best && result.Last.Report is { } last)
        {
            string bestName = $"best (epoch {result.Best.Epoch})", lastName = $"last (epoch {result.Last.Epoch})";
            terminal.Draw(result.Test is { } test
                ? ReportOutput.Table((bestName, best), (lastName, last), ("best on test", test))
                : ReportOutput.Table((bestName, best), (lastName, last)));
            terminal.Say(ReportOutput.Caption(result.Test ?? best));
        }

        CurvePlot.ShowIfPossible(terminal, job.Run, result.Best.Epoch);
        terminal.Say($"trained in {Tables.Duration(result.Elapsed)}; the run is {job.Run}");
        terminal.Say($"next: {Invocation.Name} evaluate {job.Run} --data {job.Store.Path}");
    }

    /// <summary>What a training goes on from, in a line.</summary>
    public static string Line(InitialModel initial) =>
        $"goes on from {initial.Name} (epoch {initial.Epoch}): {Tables.Count(initial.MatchedItems)} items matched, {Tables.Count(initial.NewItems)} new, {Tables.Count(initial.GoneItems)} gone";

    public static void WriteJson(Utf8JsonWriter json, TrainingJob job, TrainingResult result)
    {
        json.WriteString("run", job.Run);
        json.WriteString("protocol", CommonOptions.NameOf(job.Protocol));
        json.WriteString("fingerprint", job.Store.Fingerprint);
        if (result.InitialModel is { } initial) WriteInitial(json, initial);
        json.WriteNumber("seconds", result.Elapsed.TotalSeconds);
        WriteEpoch(json, "best", result.Best);
        WriteEpoch(json, "last", result.Last);
        if (result.Test is { } test)
        {
            json.WriteStartObject("test");
            ReportOutput.WriteJson(json, test);
            json.WriteEndObject();
        }

        json.WriteStartArray("epochs");
        foreach (EpochResult epoch in result.Epochs) WriteEpoch(json, null, epoch);
        json.WriteEndArray();
    }

    /// <summary>A run to which nothing was added.</summary>
    public static void WriteFinished(Utf8JsonWriter json, string path, InterruptedRun run)
    {
        json.WriteString("run", path);
        json.WriteBoolean("finished", true);
        WriteEpoch(json, "best", run.Best!);
        WriteEpoch(json, "last", run.Epochs[^1]);
        json.WriteStartArray("epochs");
        foreach (EpochResult epoch in run.Epochs) WriteEpoch(json, null, epoch);
        json.WriteEndArray();
    }

    private static void WriteInitial(Utf8JsonWriter json, InitialModel initial)
    {
        json.WriteStartObject("initializedFrom");
        json.WriteString("name", initial.Name);
        json.WriteString("fingerprint", initial.DataFingerprint);
        json.WriteString("protocol", initial.Protocol);
        json.WriteNumber("epoch", initial.Epoch);
        json.WriteNumber("matchedItems", initial.MatchedItems);
        json.WriteNumber("newItems", initial.NewItems);
        json.WriteNumber("goneItems", initial.GoneItems);
        json.WriteEndObject();
    }

    private static void WriteEpoch(Utf8JsonWriter json, string? name, EpochResult epoch)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteNumber("epoch", epoch.Epoch);
        ReportOutput.WriteNumber(json, "loss", epoch.Loss);
        json.WriteNumber("trainSeconds", epoch.TrainTime.TotalSeconds);
        json.WriteNumber("evaluationSeconds", epoch.EvaluationTime.TotalSeconds);
        ReportOutput.WriteMetrics(json, epoch.Report);
        json.WriteEndObject();
    }
}
