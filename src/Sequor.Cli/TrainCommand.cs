using System.CommandLine;
using System.CommandLine.Parsing;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary><c>sequor train</c>: an experiment file and a store to a run, or an interrupted run to its end.</summary>
internal static class TrainCommand
{
    private const string Port = "--master_port";

    public static Command Create(Terminal terminal)
    {
        var config = new Argument<string?>("CONFIG") { Description = "Experiment file (.gin).", Arity = ArgumentArity.ZeroOrOne };
        var ginFile = new Option<string?>("--gin_config_file") { Description = "Same as CONFIG: the reference's name for it.", HelpName = "CONFIG" };
        Option<int?> port = CommonOptions.Number<int>(Port, "Accepted for the reference's command lines; has no effect.", 0);
        var data = new Option<string?>("--data") { Description = "A store that `sequor prepare` wrote. With --resume, where it lies now; where it lay when absent.", HelpName = "STORE" };
        var output = new Option<string?>("--out") { Description = "Folder of the run: config.gin, metrics.jsonl, log.txt, best/, last/ and checkpoints/.", HelpName = "RUN" };
        var resume = new Option<string?>("--resume")
        {
            Description = "A run that was interrupted, however it was: goes on from its newest checkpoint to the weights that it would have come to. Settings are the run's own.",
            HelpName = "RUN",
        };
        var initFrom = new Option<string?>("--init-from")
        {
            Description = "A run or a model folder to go on from: its weights are taken over, rows of items by item id; the optimizer begins anew.",
            HelpName = "RUN|MODEL",
        };
        Option<string?> protocol = CommonOptions.Protocol("reference when absent.");
        Option<string[]> set = CommonOptions.Set();
        Option<int?> threads = CommonOptions.Threads();
        Option<int?> workers = RankSession.Workers(), patience = RankSession.Patience();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("train", """
            Trains the model that an experiment file describes, and keeps its best and its last epoch.

            Checkpoints are written at the end of every epoch, and every 300 seconds within one (train_fn.checkpoint_every_seconds).

            Example:
              sequor train configs/ml-1m/hstu.gin --data ml-1m.sequor --out runs/hstu --set train_fn.num_epochs=20
              sequor train --resume runs/hstu
              sequor train configs/ml-1m/hstu.gin --data ml-1m.sequor --out runs/hstu --workers 4
              sequor train configs/ml-1m/hstu.gin --data newer.sequor --init-from runs/hstu --out runs/hstu-2 --set train_fn.num_epochs=5
            """) { config, ginFile, port, data, output, resume, initFrom, protocol, set, threads, workers, patience, json };
        command.Validators.Add(line =>
        {
            bool one = line.GetValue(config) is null != line.GetValue(ginFile) is null;
            if (line.GetValue(resume) is null)
            {
                if (!one) line.AddError("name one experiment file, as CONFIG or with --gin_config_file");
                if (line.GetValue(data) is null) line.AddError("Option '--data' is required.");
                if (line.GetValue(output) is null) line.AddError("Option '--out' is required.");
                return;
            }

            List<string> given = [.. Given(ginFile, line), .. Given(output, line), .. Given(initFrom, line), .. Given(protocol, line)];
            if (line.GetValue(config) is not null) given.Insert(0, "CONFIG");
            if (given.Count > 0) line.AddError($"{string.Join(", ", given)} cannot go with --resume: a run goes on with what it began with");
        });
        command.SetAction(line => RankSession.Run(terminal, line, workers, patience, (own, group) =>
        {
            int? threadCount = RankSession.Threads(line.GetValue(threads), group);
            if (line.GetValue(port) is not null) own.Notice($"{Port} has no effect: processes find each other over Open MPI");
            if (line.GetValue(resume) is { } run)
                return ResumedTraining.Run(own, run, line.GetValue(data), line.GetValue(set) ?? [], threadCount, line.GetValue(json), group);
            LoadedExperiment experiment = ExperimentConfig.Load((line.GetValue(config) ?? line.GetValue(ginFile))!, line.GetValue(set));
            foreach (string notice in experiment.Notices) own.Notice(notice);
            using var store = SequenceStore.Open(line.GetValue(data)!);
            return Run(own, new TrainingJob(
                experiment.Config,
                store,
                CommonOptions.ParseProtocol(line.GetValue(protocol)),
                line.GetValue(output)!,
                threadCount,
                line.GetValue(json))
            { InitFrom = line.GetValue(initFrom), Group = group });
        }));
        return command;
    }

    private static IEnumerable<string> Given(Option<string?> option, CommandResult line) => line.GetValue(option) is null ? [] : [option.Name];

    private static int Run(Terminal terminal, TrainingJob job)
    {
        TrainingResult result = job.Fit(terminal);
        if (job.Json) terminal.WriteJson(json => TrainingOutput.WriteJson(json, job, result));
        else TrainingOutput.Draw(terminal, job, result);
        return 0;
    }
}
