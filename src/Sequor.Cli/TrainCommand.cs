using System.CommandLine;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Training;
using Sequor.Training.Distributed;

namespace Sequor.Cli;

/// <summary><c>sequor train</c>: an experiment file and a store to a run.</summary>
internal static class TrainCommand
{
    internal const string WorkersOption = "--workers";
    private const string Port = "--master_port";

    public static Command Create(Terminal terminal)
    {
        var config = new Argument<string?>("CONFIG") { Description = "Experiment file (.gin).", Arity = ArgumentArity.ZeroOrOne };
        var ginFile = new Option<string?>("--gin_config_file") { Description = "Same as CONFIG: the reference's name for it.", HelpName = "CONFIG" };
        Option<int?> port = CommonOptions.Number<int>(Port, "Accepted for the reference's command lines; has no effect.", 0);
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
        Option<int?> workers = CommonOptions.Number<int>(WorkersOption, "Processes on this host that train one model together, over Open MPI; the cores are shared out. For several hosts start `sequor train` under mpirun.", 1);
        Option<int?> patience = CommonOptions.Number<int>("--rank-timeout", "Seconds that a process may be silent before the job ends. 8 when absent.", 1, "SECONDS");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("train", """
            Trains the model that an experiment file describes, and keeps its best and its last epoch.

            Example:
              sequor train configs/ml-1m/hstu.gin --data ml-1m.sequor --out runs/hstu --set train_fn.num_epochs=20
              sequor train configs/ml-1m/hstu.gin --data ml-1m.sequor --out runs/hstu --workers 4
              sequor train configs/ml-1m/hstu.gin --data newer.sequor --init-from runs/hstu --out runs/hstu-2 --set train_fn.num_epochs=5
            """) { config, ginFile, port, data, output, initFrom, protocol, set, threads, workers, patience, json };
        command.Validators.Add(line =>
        {
            if (line.GetValue(config) is null == line.GetValue(ginFile) is null) line.AddError("name one experiment file, as CONFIG or with --gin_config_file");
        });
        command.SetAction(line =>
        {
            if (line.GetValue(workers) is > 1 and { } count && RankEnvironment.Size == 1) return RankLaunch.Run(line.Tokens.Select(token => token.Value), count, terminal.Cancellation);
            return RankSession.Run(terminal, line.GetValue(patience), (own, group) =>
            {
                if (line.GetValue(port) is not null) own.Notice($"{Port} has no effect: processes find each other over Open MPI");
                LoadedExperiment experiment = ExperimentConfig.Load((line.GetValue(config) ?? line.GetValue(ginFile))!, line.GetValue(set));
                foreach (string notice in experiment.Notices) own.Notice(notice);
                using var store = SequenceStore.Open(line.GetRequiredValue(data));
                return Run(own, new TrainingJob(
                    experiment.Config,
                    store,
                    CommonOptions.ParseProtocol(line.GetValue(protocol)),
                    line.GetRequiredValue(output),
                    line.GetValue(threads) ?? (group is null ? null : RankEnvironment.ThreadCount),
                    line.GetValue(json))
                { InitFrom = line.GetValue(initFrom), Group = group });
            });
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
