using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class BenchTests : IDisposable
{
    private static readonly string[] Small =
    [
        "--set", "train_fn.local_batch_size=4", "--set", "train_fn.eval_batch_size=4", "--set", "train_fn.num_negatives=8",
        "--set", "train_fn.max_sequence_length=20", "--set", "hstu_encoder.num_blocks=1",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly string config;

    public BenchTests()
    {
        config = folder.File("hstu.gin");
        File.WriteAllText(config, "train_fn.dataset_name = \"ml-1m\"\ntrain_fn.main_module = \"HSTU\"\ntrain_fn.item_embedding_dim = 16\n");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Training_steps_are_measured_and_their_phases_make_up_the_step()
    {
        JsonElement report = Tool.Json(["bench", "train", config, "--steps", "4", "--threads", "1", .. Small]);
        double step = report.GetProperty("median_step_s").GetDouble();
        Assert.True(step > 0 && report.GetProperty("min_step_s").GetDouble() <= step && report.GetProperty("max_step_s").GetDouble() >= step);
        double[] phases = [.. report.GetProperty("phases_s").EnumerateObject().Select(phase => phase.Value.GetDouble())];
        Assert.Equal(5, phases.Length);
        Assert.InRange(phases.Sum(), 0, 3 * report.GetProperty("max_step_s").GetDouble());
        Assert.Equal("ml-1m", report.GetProperty("data").GetString());
        foreach (string name in new[] { "tokens_per_s", "gflops", "peak_gflops", "gb_per_s", "peak_gb_per_s", "peak_rss_bytes" })
            Assert.True(report.GetProperty(name).GetDouble() > 0, name);
    }

    [Fact]
    public void Evaluation_and_encoding_are_measured()
    {
        JsonElement evaluation = Tool.Json(["bench", "evaluate", config, "--batches", "2", "--threads", "2", .. Small]);
        Assert.True(evaluation.GetProperty("median_batch_s").GetDouble() > 0 && evaluation.GetProperty("index_s").GetDouble() > 0);

        JsonElement encode = Tool.Json(["bench", "encode", config, "--lengths", "3,40", .. Small]);
        Assert.Equal([3, 40], encode.GetProperty("encodes").EnumerateArray().Select(row => row.GetProperty("events").GetInt32()));
    }

    [Fact]
    public void Appending_an_event_is_measured_beside_the_whole_history()
    {
        JsonElement report = Tool.Json(["bench", "encode", config, "--lengths", "1,40", "--append", "--threads", "1", .. Small]);
        JsonElement[] rows = [.. report.GetProperty("encodes").EnumerateArray()];
        Assert.Equal([1, 40], rows.Select(row => row.GetProperty("events").GetInt32()));
        foreach (JsonElement row in rows)
        {
            double append = row.GetProperty("append_median_s").GetDouble();
            Assert.True(append > 0 && row.GetProperty("append_min_s").GetDouble() <= append && row.GetProperty("cache_bytes").GetInt64() > 0);
            Assert.Equal(row.GetProperty("median_s").GetDouble() / append, row.GetProperty("ratio").GetDouble(), 1e-6);
        }

        Assert.Contains("ratio", Tool.Run(["bench", "encode", config, "--lengths", "3", "--append", .. Small]).Output, StringComparison.Ordinal);
        Assert.Contains("has no key/value cache", Tool.Refused(["bench", "encode", config, "--append", "--set", "hstu_encoder.normalization=\"softmax_rel_bias_unmasked\"", .. Small]), StringComparison.Ordinal);
    }

    [Fact]
    public void Long_histories_are_measured_and_drawn()
    {
        string plot = folder.File("length.png");
        JsonElement report = Tool.Json(["bench", "length", config, "--lengths", "16,32", "--tokens", "64", "--steps", "2", "--plot", plot, .. Small]);
        JsonElement[] rows = [.. report.GetProperty("lengths").EnumerateArray()];
        Assert.All(rows, row => Assert.Equal(64, row.GetProperty("tokens_per_step").GetDouble()));
        Assert.True(rows[1].GetProperty("gflop_per_step").GetDouble() > rows[0].GetProperty("gflop_per_step").GetDouble());
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(plot)[..4]);
    }

    [Fact]
    public void What_cannot_be_measured_is_refused_in_one_line()
    {
        Assert.Contains("--shape books is not known; choose ml-1m", Tool.Refused("bench", "train", config, "--shape", "books"), StringComparison.Ordinal);
        Assert.Contains("exclude each other", Tool.Refused("bench", "train", config, "--shape", "ml-1m", "--data", "x"), StringComparison.Ordinal);
        Assert.Contains("--lengths 5,x must be whole numbers", Tool.Refused("bench", "encode", config, "--lengths", "5,x"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("encode")]
    [InlineData("topk")]
    [InlineData("length")]
    public void Help_of_every_benchmark_shows_an_example(string benchmark)
    {
        Tool help = Tool.Run("bench", benchmark, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains($"  sequor bench {benchmark}", help.Output, StringComparison.Ordinal);
    }
}
