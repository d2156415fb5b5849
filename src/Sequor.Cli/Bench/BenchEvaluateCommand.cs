using System.CommandLine;
using System.Diagnostics;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary><c>sequor bench evaluate</c>: batches of users, encoded and ranked in the whole catalogue.</summary>
internal static class BenchEvaluateCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> config = BenchOptions.Config();
        Option<string?> shape = BenchOptions.Shape(), data = BenchOptions.Data();
        Option<int?> batches = CommonOptions.Number<int>("--batches", "Batches to measure. 15 when absent.", 1);
        Option<string[]> set = BenchOptions.Set();
        Option<int?> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("evaluate", """
            Measures evaluation: the index of the catalogue, and batches of users encoded and ranked in all of it.

            Example:
              sequor bench evaluate configs/amzn-books/hstu.gin --json
            """) { config, shape, data, batches, set, threads, json };
        BenchOptions.RefuseBoth(command, shape, data);
        command.SetAction(line =>
        {
            ExperimentConfig experiment = BenchOptions.Load(terminal, line.GetRequiredValue(config), line.GetValue(set));
            using BenchData bench = BenchData.Open(line.GetValue(data), line.GetValue(shape), experiment);
            return BenchRun.With(line.GetValue(threads), workers => Run(
                terminal, line.GetRequiredValue(config), experiment, bench, workers, line.GetValue(batches) ?? 15, line.GetValue(json)));
        });
        return command;
    }

    private static int Run(Terminal terminal, string config, ExperimentConfig experiment, BenchData bench, WorkerPool workers, int batches, bool json)
    {
        using var model = new RecommenderModel(experiment.Model, bench.Store.Items.Count, bench.Store.Items.Attributes);
        model.Initialize(experiment.Training.Seed);
        Samples index = Samples.Of(() => new MipsBruteForce(model, workers).Dispose(), TimeSpan.FromSeconds(0.5), terminal.Cancellation);
        var batch = new BatchClock();
        Evaluator.Evaluate(model, LeaveOneOut.Test(bench.Store, experiment.Model.MaxSequenceLength), new EvaluationOptions
        {
            BatchSize = experiment.Training.EvaluationBatchSize,
            Workers = workers,
            MaxBatches = batches + 1,
            Protocol = "reference",
        }, batch, terminal.Cancellation);
        if (batch.IsEmpty) throw new InvalidInputException($"{bench.Name} has one batch of {experiment.Training.EvaluationBatchSize} users only; set train_fn.eval_batch_size lower");
        double median = batch.Batches.Median, users = experiment.Training.EvaluationBatchSize / median;
        if (json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteString("config", config);
                writer.WriteString("data", bench.Name);
                writer.WriteNumber("items", model.ItemCount);
                BenchRun.WriteMachine(writer, workers);
                writer.WriteNumber("users_per_batch", experiment.Training.EvaluationBatchSize);
                writer.WriteNumber("median_batch_s", median);
                writer.WriteNumber("min_batch_s", batch.Batches.Least);
                writer.WriteNumber("users_per_s", users);
                writer.WriteNumber("index_s", index.Median);
            });
        }
        else
        {
            terminal.Draw(Tables.Facts(
                ("data", $"{bench.Name}, {Tables.Count(model.ItemCount)} items"),
                ("machine", $"{Simd.Name}, {workers.ThreadCount} threads"),
                ("batch", $"{BenchRun.Milliseconds(median)} for {experiment.Training.EvaluationBatchSize} users, {Tables.Count((long)users)} users a second"),
                ("index", $"{BenchRun.Milliseconds(index.Median)} to build, once an evaluation")));
        }

        return 0;
    }

    // The first report also carries the index.
    private sealed class BatchClock : IProgress<long>
    {
        private long last;

        public Samples Batches { get; } = new();

        public bool IsEmpty { get; private set; } = true;

        public void Report(long value)
        {
            if (last != 0)
            {
                Batches.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
                IsEmpty = false;
            }

            last = Stopwatch.GetTimestamp();
        }
    }
}
