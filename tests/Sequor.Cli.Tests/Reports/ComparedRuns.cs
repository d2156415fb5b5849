using Sequor.Data;

namespace Sequor.Cli.Tests.Reports;

/// <summary>A store whose titles would be markup if nobody took care, and two runs on it.</summary>
public sealed class ComparedRuns : IDisposable
{
    public const string Evil = "<script>alert('x')</script> & \"Co\" \u0001";

    private readonly TemporaryFolder folder = new();

    public ComparedRuns()
    {
        Store = File("evil.sequor");
        var metadata = new SequenceStoreMetadata { Name = "evil <b>", Source = "a test", OrderRule = "as written" };
        var items = ItemVocabulary.Create([.. Enumerable.Range(1, 30).Select(i => $"i{i}")], [.. Enumerable.Range(1, 30).Select(i => $"{Evil} {i}")]);
        using (var writer = new SequenceStoreWriter(Store, metadata, items, true, true))
        {
            for (int user = 0; user < 40; user++)
            {
                int[] events = [.. Enumerable.Range(0, 4 + user % 9).Select(i => 1 + (user + 3 * i) % 30)];
                writer.Add($"<u{user}>", events, [.. events.Select(_ => 4f)], [.. events.Select((_, i) => 1_000_000_000L + i)]);
            }

            writer.Complete();
        }

        Config = folder.Write("tiny.gin", TrainedRun.TinyConfig(epochs: 2));
        First = Train("first", "train_fn.random_seed=1");
        Second = Train("second", "train_fn.random_seed=2", "train_fn.num_epochs=3");
    }

    public string Store { get; }

    public string Config { get; }

    public string First { get; }

    public string Second { get; }

    public string File(string name) => folder.File(name);

    public string Train(string name, params string[] settings) => TrainOn(Store, name, "validation", settings);

    public string TrainOn(string store, string name, string protocol, params string[] settings)
    {
        Tool.Json(["train", Config, "--data", store, "--out", File(name), "--protocol", protocol, "--threads", "1", .. settings.SelectMany(setting => (string[])["--set", setting])]);
        return File(name);
    }

    public void Dispose() => folder.Dispose();
}
