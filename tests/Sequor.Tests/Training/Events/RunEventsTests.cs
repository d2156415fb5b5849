using System.Globalization;
using System.Text.Json;
using Sequor.Configuration;
using Sequor.Tests.Training.Checkpoints;
using Xunit;

namespace Sequor.Tests.Training.Events;

/// <summary>What TensorBoard finds in the folder of a run, read by a decoder of its own.</summary>
public sealed class RunEventsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SmallRuns runs;
    private readonly ExperimentConfig config = SmallRuns.Config("train_fn.eval_interval = 1");

    public RunEventsTests() => runs = new SmallRuns(folder);

    public void Dispose()
    {
        runs.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void The_checksum_is_that_of_the_standard_and_a_file_begins_as_those_of_TensorFlow()
    {
        Assert.Equal(0xE3069283, EventFile.Crc32C("123456789"u8));
        runs.Fit(config, "run");
        byte[] file = File.ReadAllBytes(Files("run").Single());
        Assert.Equal([0x18, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22, 0x09], file[..13]);
        EventFile.Event[] events = EventFile.Read(Files("run").Single());
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal((1, 0), (events[1].Session, events[1].Step));
    }

    [Fact]
    public void Every_line_of_the_metrics_is_an_event_with_the_tags_and_steps_of_the_reference()
    {
        double before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3;
        runs.Fit(config, "run");
        EventFile.Event[] events = EventFile.Read(Files("run").Single());
        Assert.All(events, e => Assert.InRange(e.WallTime, before, before + 600));
        Assert.Equal(Expected("run"), Scalars("run"));
        var tags = events.SelectMany(e => e.Values).Select(value => value.Tag).ToHashSet();
        Assert.Superset(new HashSet<string> { "losses/ar_loss", "losses_epoch/main_loss", "eval_epoch/ndcg@10", "eval_epoch/hr@10", "eval_epoch/mrr", "time/train_seconds" }, tags);
        Assert.Equal([0L, 1, 2], events.Where(e => e.Values.Any(value => value.Tag == "eval_epoch/ndcg@10")).Select(e => e.Step));
    }

    [Fact]
    public void The_settings_are_a_text()
    {
        runs.Fit(config, "run");
        var (tag, _, text, plugin) = EventFile.Read(Files("run").Single()).SelectMany(e => e.Values).Single(value => value.Text is not null);
        Assert.Equal(("config/text_summary", "text"), (tag, plugin));
        Assert.Contains("    hstu_encoder.dqk = 8\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_goes_on_has_every_step_once()
    {
        runs.Fit(config, "whole");
        // A checkpoint stands behind every epoch of three steps: what a kill leaves behind it is done again.
        Assert.True(runs.FitUntil(6, config, "killed"));
        Assert.True(Scalars("killed").Count > Scalars("killed").Count(e => e.Step <= 3), "nothing was to be taken away");
        runs.Resume("killed");
        Assert.Equal(2, Files("killed").Length);
        Assert.Equal(WithoutTimes("whole"), WithoutTimes("killed"));
        Assert.Equal(4, EventFile.Read(Files("killed")[^1])[1].Step);
    }

    [Fact]
    public void Lost_and_torn_events_are_made_good_from_the_metrics()
    {
        runs.Fit(config, "whole");
        Assert.True(runs.FitUntil(9, config, "lost"));
        using (FileStream file = File.Open(Files("lost").Single(), FileMode.Open)) file.SetLength(file.Length / 2 + 7);
        runs.Resume("lost");
        Assert.Equal(WithoutTimes("whole"), WithoutTimes("lost"));
    }

    [Fact]
    public void Without_the_option_there_is_no_file_and_with_it_later_there_is_everything()
    {
        ExperimentConfig quiet = SmallRuns.Config("train_fn.eval_interval = 1\ntrain_fn.tensorboard = False");
        runs.Fit(quiet, "run");
        Assert.Empty(Files("run"));
        runs.Resume("run", 1, "train_fn.num_epochs=4", "train_fn.tensorboard=True");
        Assert.Equal(Expected("run"), Scalars("run"));
    }

    private string[] Files(string run) => [.. Directory.EnumerateFiles(runs.Path(run), "events.out.tfevents.*").Order(StringComparer.Ordinal)];

    private List<(long Step, string Values)> Scalars(string run) =>
    [
        .. Files(run).SelectMany(EventFile.Read).Where(e => e.Values.Any(value => value.Number is not null))
            .Select(e => (e.Step, string.Join(' ', e.Values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Tag}={value.Number}"))))),
    ];

    private List<(long Step, string Values)> WithoutTimes(string run) =>
        [.. Scalars(run).Select(e => (e.Step, string.Join(' ', e.Values.Split(' ').Where(value => !value.StartsWith("time/", StringComparison.Ordinal)))))];

    private List<(long Step, string Values)> Expected(string run) => [.. File.ReadLines(Path.Combine(runs.Path(run), "metrics.jsonl")).Select(line =>
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonProperty[] all = [.. document.RootElement.EnumerateObject()];
        bool step = all[0].Name == "step";
        return (all[0].Value.GetInt64(), string.Join(' ', all.Skip(1).Select(property => string.Create(
            CultureInfo.InvariantCulture, $"{(step ? property.Name : Tag(property.Name))}={(float)property.Value.GetDouble()}"))));
    })];

    private static string Tag(string name) => name switch
    {
        "losses/main_loss" => "losses_epoch/main_loss",
        "train_seconds" or "evaluation_seconds" => $"time/{name}",
        _ => $"eval_epoch/{name}",
    };
}
