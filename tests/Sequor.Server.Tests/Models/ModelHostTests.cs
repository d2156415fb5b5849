using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sequor.Retrieval;
using Sequor.Server.Models;
using Sequor.Serving;
using Xunit;

namespace Sequor.Server.Tests.Models;

public sealed class ModelHostTests : IDisposable
{
    private static readonly UserEvents s_events = new(new[] { 4, 9, 30 }, new[] { 100L, 200L, 300L });

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Model => folder.File("model");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_swap_under_load_gives_no_failed_and_no_mixed_answer_and_ends_the_old_model()
    {
        var expected = new Dictionary<string, string>();
        for (ulong seed = 1; seed <= 2; seed++)
        {
            SmallModel.Write(Model, seed: seed);
            using Recommender recommender = Recommender.Load(Model);
            expected.Add(ModelHost.ReadVersion(Model)!, Answer(recommender));
        }

        Assert.Equal(2, expected.Values.Distinct().Count());
        using ModelHost host = Host();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        // Threads of their own: these never give one back to the pool, in which the reload runs.
        Task<int>[] load = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
        {
            int answers = 0;
            for (; !end.IsCancellationRequested; answers++)
            {
                using ModelLease lease = host.Lease();
                Assert.Equal(expected[lease.Model.Version], Answer(lease.Model.Recommender));
                Assert.False(lease.Model.IsDisposed);
            }
            return answers;
        }, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        var models = new List<ServedModel>();
        for (int swap = 0; swap < 6; swap++)
        {
            using (ModelLease lease = host.Lease()) models.Add(lease.Model);
            SmallModel.Write(Model, seed: 1 + (ulong)(swap % 2));
            ServedModel model = await host.ReloadAsync(Token);
            Assert.Equal(ModelHost.ReadVersion(Model), model.Version);
        }

        await end.CancelAsync();
        Assert.All(await Task.WhenAll(load), answers => Assert.True(answers > 0));
        Assert.All(models, model => Assert.True(model.IsDisposed));
        Assert.Equal(6, models.Distinct().Count());
    }

    [Fact]
    public async Task A_model_that_was_replaced_stays_until_its_last_lease_ends()
    {
        SmallModel.Write(Model);
        using ModelHost host = Host();
        ModelLease first = host.Lease(), second = host.Lease();
        SmallModel.Write(Model, seed: 8);
        Assert.NotSame(first.Model, await host.ReloadAsync(Token));
        Assert.Equal(10, first.Model.Recommender.Recommend(s_events).Items.Count);
        first.Dispose();
        Assert.False(first.Model.IsDisposed);
        Assert.Equal(10, second.Model.Recommender.Recommend(s_events).Items.Count);
        second.Dispose();
        Assert.True(first.Model.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => first.Model.Recommender.Recommend(s_events));
    }

    [Fact]
    public async Task The_same_bytes_are_the_same_model_and_warming_recommends_nothing()
    {
        SmallModel.Write(Model);
        using ModelHost host = Host();
        using ModelLease lease = host.Lease();
        Assert.Equal(12, lease.Model.Version.Length);
        Assert.Equal(0, lease.Model.Recommender.Coverage.DistinctItems);
        SmallModel.Write(Model);
        Assert.Same(lease.Model, await host.ReloadAsync(Token));
    }

    [Fact]
    public async Task A_bad_artefact_is_refused_and_the_model_stays()
    {
        SmallModel.Write(Model);
        using ModelHost host = Host();
        string version = host.Version;
        SmallModel.Write(Model, seed: 8);
        byte[] weights = File.ReadAllBytes(Path.Combine(Model, "model.safetensors"));
        weights[^1] ^= 1;
        File.WriteAllBytes(Path.Combine(Model, "model.safetensors"), weights);
        Assert.Contains("is damaged", (await Assert.ThrowsAsync<InvalidInputException>(() => host.ReloadAsync(Token))).Message, StringComparison.Ordinal);
        Directory.Delete(Model, recursive: true);
        Assert.Contains("does not exist", (await Assert.ThrowsAsync<InvalidInputException>(() => host.ReloadAsync(Token))).Message, StringComparison.Ordinal);
        Assert.Equal(version, host.Version);
        using ModelLease lease = host.Lease();
        Assert.Equal(10, lease.Model.Recommender.Recommend(s_events).Items.Count);
    }

    [Fact]
    public async Task A_damaged_file_is_refused_also_when_the_manifest_is_the_one_that_answers()
    {
        SmallModel.Write(Model);
        using ModelHost host = Host();
        Assert.Equal(host.Version, (await host.ReloadAsync(Token)).Version);
        byte[] weights = File.ReadAllBytes(Path.Combine(Model, "model.safetensors"));
        weights[^1] ^= 1;
        File.WriteAllBytes(Path.Combine(Model, "model.safetensors"), weights);
        Assert.Contains("is damaged", (await Assert.ThrowsAsync<InvalidInputException>(() => host.ReloadAsync(Token))).Message, StringComparison.Ordinal);
        Assert.Equal((0, 1, 1), (host.Swaps, host.Repetitions, host.Refusals));
    }

    [Fact]
    public async Task A_model_that_cannot_be_prepared_is_refused_and_who_fails_to_hear_of_one_does_no_harm()
    {
        SmallModel.Write(Model);
        using ModelHost host = Host();
        string version = host.Version;
        ServedModel? seen = null;
        host.Prepare = model =>
        {
            seen = model;
            Assert.Equal(version, host.Version);
            throw new InvalidOperationException("no room");
        };
        SmallModel.Write(Model, seed: 8);
        Assert.Contains("no room", (await Assert.ThrowsAsync<InvalidInputException>(() => host.ReloadAsync(Token))).Message, StringComparison.Ordinal);
        Assert.True(seen!.IsDisposed);
        Assert.Equal(version, host.Version);
        host.Prepare = null;
        int told = 0;
        host.Swapped += _ => throw new InvalidOperationException("deaf");
        host.Swapped += _ => told++;
        ServedModel before;
        using (ModelLease lease = host.Lease()) before = lease.Model;
        Assert.NotEqual(version, (await host.ReloadAsync(Token)).Version);
        Assert.True(before.IsDisposed);
        Assert.Equal((1, 1, 1), (told, host.Swaps, host.Refusals));
    }

    [Fact]
    public async Task A_model_whose_weights_are_no_numbers_is_refused()
    {
        SmallModel.Write(Model);
        using ModelHost host = Host();
        SmallModel.Write(Model, seed: 8, spoil: true);
        Assert.Contains("its weights are no use", (await Assert.ThrowsAsync<InvalidInputException>(() => host.ReloadAsync(Token))).Message, StringComparison.Ordinal);
        Assert.Equal(1, host.Refusals);
    }

    [Fact]
    public void A_method_that_the_model_does_not_have_is_refused()
    {
        SmallModel.Write(Model);
        Assert.Throws<InvalidInputException>(() => Host(new TopKMethod(TopKKind.MixtureBruteForce)));
    }

    [Fact]
    public async Task The_watch_takes_up_what_has_come_to_rest_and_says_once_what_it_refuses()
    {
        SmallModel.Write(Model);
        using ModelHost host = Host();
        var log = new Lines();
        using var watch = new ModelWatch(Options(), host, log, TimeProvider.System);
        string version = host.Version;
        await Look(watch, 3);
        Assert.Equal(version, host.Version);
        SmallModel.Write(Model, seed: 8);
        await Look(watch, 1);
        Assert.Equal(version, host.Version);
        await Look(watch, 1);
        Assert.Equal(ModelHost.ReadVersion(Model), host.Version);
        version = host.Version;
        File.AppendAllText(Path.Combine(Model, "items.jsonl"), "\n");
        File.AppendAllText(Path.Combine(Model, "manifest.json"), "\n");
        await Look(watch, 6);
        Assert.Single(log.Errors);
        Assert.Contains(version, log.Errors[0], StringComparison.Ordinal);
        Assert.Equal(version, host.Version);
        SmallModel.Write(Model, seed: 9);
        await Look(watch, 2);
        Assert.NotEqual(version, host.Version);
        Assert.Single(log.Errors);
    }

    private static async Task Look(ModelWatch watch, int times)
    {
        for (int i = 0; i < times; i++) await watch.LookAsync(Token);
    }

    private static string Answer(Recommender recommender) => string.Join(' ', recommender.Recommend(s_events).Items.Select(item => $"{item.ItemId}={item.Score}"));

    private ServerOptions Options(params TopKMethod[] methods) => new() { ModelDirectory = Model, HistoriesPath = folder.File("h.db"), TopKMethods = methods };

    private ModelHost Host(params TopKMethod[] methods) => new(Options(methods), NullLogger<ModelHost>.Instance, TimeProvider.System);

    private sealed class Lines : ILogger<ModelWatch>
    {
        internal List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning) Errors.Add(formatter(state, exception));
        }
    }
}
