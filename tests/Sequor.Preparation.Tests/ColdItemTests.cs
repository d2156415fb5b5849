using System.Globalization;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Training;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>
/// MovieLens 100K where every fifth film is new: its events are taken out of training, and what has to be found is the last new film that a
/// user saw, from the events before it, in the whole catalogue.
/// </summary>
public sealed class ColdItemTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Attributes_find_new_films_where_a_row_of_their_own_cannot()
    {
        string data = Prepared.RequireData();
        string path = WithNewFilms(Path.Combine(data, "ml-100k"));
        EvaluationReport local = Train(path, "local"), features = Train(path, "features");
        foreach (var (name, report) in new[] { ("local", local), ("features", features) })
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: hr@10 {report.Metrics["hr@10"]:F4}, hr@50 {report.Metrics["hr@50"]:F4}, hr@200 {report.Metrics["hr@200"]:F4}, {report.UserCount} new films"));
        }

        Assert.True(features.Metrics["hr@50"] > 2 * local.Metrics["hr@50"] && features.Metrics["hr@50"] > 0.05);
    }

    private static bool IsNew(int item) => item % 5 == 0;

    private string WithNewFilms(string source)
    {
        using var store = Prepared.Open(KnownDatasets.Create("ml-100k", source), folder.File("whole"));
        using var writer = new SequenceStoreWriter(folder.File("cold"), store.Metadata, store.Items, hasRatings: false, hasTimestamps: true);
        for (int user = 0; user < store.UserCount; user++)
        {
            UserSequence all = store[user];
            int[] items = all.Items.ToArray();
            int target = Array.FindLastIndex(items, IsNew);
            int[] kept = [.. Enumerable.Range(0, Math.Max(target, 0)).Where(at => !IsNew(items[at]))];
            if (target < 0 || kept.Length < 2) continue;
            long[] times = all.Timestamps.ToArray();
            writer.Add(store.UserId(user), [.. kept.Select(at => items[at]), items[target]], [], [.. kept.Select(at => times[at]), times[target]]);
        }

        writer.Complete();
        return folder.File("cold");
    }

    private EvaluationReport Train(string path, string kind)
    {
        ExperimentConfig config = ExperimentConfig.FromGin($"""
            train_fn.main_module = 'HSTU'
            train_fn.item_embedding_dim = 32
            hstu_encoder.dqk = 32
            hstu_encoder.dv = 32
            train_fn.max_sequence_length = 50
            train_fn.item_l2_norm = True
            train_fn.num_epochs = 20
            train_fn.full_eval_every_n = 100
            train_fn.embedding_module_type = '{kind}'
            """, "test").Config;
        using var store = SequenceStore.Open(path);
        using var workers = new WorkerPool(Environment.ProcessorCount);
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers);
        return trainer.Fit(folder.File(kind), cancellationToken: TestContext.Current.CancellationToken).Last.Report;
    }
}
