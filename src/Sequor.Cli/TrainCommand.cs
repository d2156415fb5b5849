using System.CommandLine;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary><c>sequor train</c>: an experiment file and a store to a run.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal)
    {
        var config = new Argument<string?>("CONFIG") { Description = "Experiment file (.gin).", Arity = ArgumentArity.ZeroOrOne };
        var ginFile = new Option<string?>("--gin_config_file") { Description = "Same as CONFIG: the reference's name for it.", HelpName = "CONFIG" };
        Option<int?> port = CommonOptions.Number<int>("--master_port", "Accepted for the reference's command lines; has no effect.", 0);
        Option<string> data = CommonOptions.Data();
        var output = new Option<string>("--out") { Description = "Folder of the run: config.gin, metrics.jsonl, log.txt, best/ and last/.", HelpName = "RUN", Required = true };
        var initFrom = new Option<string?>("--init-from")
        {
            Description = "A run or a model folder to go on from: its weights are taken over, rows of items by item id; the optimizer begins anew.",
            HelpName = "RUN|MODEL",
        };
        Option<string?> protocol = CommonOptions.Protocol("reference when absent.");
        Option<string[]> set = CommonOptions.Set();
        Option<int?> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("train", """
            Trains the model that an experiment file describes, and keeps its best and its last epoch.

            Example:
              sequor train configs/ml-1m/hstu.gin --data ml-1m.sequor --out runs/hstu --set train_fn.num_epochs=20
              sequor train configs/ml-1m/hstu.gin --data newer.sequor --init-from runs/hstu --out runs/hstu-2 --set train_fn.num_epochs=5
            """) { config, ginFile, port, data, output, initFrom, protocol, set, threads, json };
        command.Validators.Add(line =>
        {
            if (line.GetValue(config) is null == line.GetValue(ginFile) is null) line.AddError("name one experiment file, as CONFIG or with --gin_config_file");
        });
        command.SetAction(line =>
        {
            if (line.GetValue(port) is not null) terminal.Notice("--master_port has no effect: training is one process");
            LoadedExperiment experiment = ExperimentConfig.Load((line.GetValue(config) ?? line.GetValue(ginFile))!, line.GetValue(set));
            foreach (string notice in experiment.Notices) terminal.Notice(notice);
            using var store = SequenceStore.Open(line.GetRequiredValue(data));
            return Run(terminal, new TrainingJob(
                experiment.Config,
                store,
                CommonOptions.ParseProtocol(line.GetValue(protocol)),
                line.GetRequiredValue(output),
                line.GetValue(threads),
                line.GetValue(json))
            { InitFrom = line.GetValue(initFrom) });
        });
        return command;
    }

    private static int Run(Terminal terminal, TrainingJob job)
    {
        TrainingResult result = job.Fit(terminal);
        if (job.Json) terminal.WriteJson(json => TrainingOutput.WriteJson(json, job, result));
        else TrainingOutput.Draw(terminal, job, result);
        return 0;
    }
}
