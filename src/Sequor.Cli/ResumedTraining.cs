using System.Globalization;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Training;
using Sequor.Training.Checkpoints;
using Sequor.Training.Distributed;

namespace Sequor.Cli;

/// <summary><c>sequor train --resume</c>: an interrupted run to its end.</summary>
internal static class ResumedTraining
{
    public static int Run(Terminal terminal, string path, string? data, string[] set, int? threads, bool json, IProcessGroup? group)
    {
        using InterruptedRun run = group is null ? InterruptedRun.Open(path) : InterruptedRun.Open(path, group);
        foreach (string notice in run.Notices) terminal.Notice(notice);
        ExperimentConfig config = run.Configuration(set);
        if (run.IsFinished(config))
        {
            EpochResult best = run.Best!;
            string line = string.Create(CultureInfo.InvariantCulture, $"{path} is finished: {run.Epochs.Count} epochs, the best of them {best.Epoch} with ndcg@10 {best.Report.Metrics["ndcg@10"]:F4}; to go on longer, raise train_fn.num_epochs with --set");
            if (json) terminal.WriteJson(writer => TrainingOutput.WriteFinished(writer, path, run));
            else terminal.Say(line);
            return 0;
        }

        using SequenceStore store = Open(data ?? run.DataPath, path, data is null);
        var job = new TrainingJob(config, store, run.Protocol, path, threads, json) { Interrupted = run, Group = group };
        TrainingResult result = job.Fit(terminal);
        if (json) terminal.WriteJson(writer => TrainingOutput.WriteJson(writer, job, result));
        else TrainingOutput.Draw(terminal, job, result);
        return 0;
    }

    private static SequenceStore Open(string data, string run, bool remembered)
    {
        if (remembered && !File.Exists(data)) throw new InvalidInputException($"{run} learned from {data}, which is not there any more; say with --data where the store lies now");
        return SequenceStore.Open(data);
    }
}
