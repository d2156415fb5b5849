using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class BenchTopKTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_dot_product_is_searched_in_three_precisions_and_all_find_the_same()
    {
        JsonElement report = Tool.Json("bench", "topk", "--items", "500", "--shape", "dot-16", "--batches", "1,3", "-k", "5,20", "--queries", "7", "--method", "MIPSBruteForceTopK");
        Assert.Equal((500, 16, 7), (report.GetProperty("items").GetInt32(), report.GetProperty("dim").GetInt32(), report.GetProperty("distinct_queries").GetInt32()));
        Assert.Equal(["MIPSBruteForceTopK float32", "MIPSBruteForceTopK bfloat16", "MIPSBruteForceTopK int8"], Methods(report));
        foreach (JsonElement method in report.GetProperty("methods").EnumerateArray())
        {
            Assert.True(method.GetProperty("build_s").GetDouble() > 0 && method.GetProperty("index_bytes").GetInt64() >= 0);
            JsonElement[] searches = [.. method.GetProperty("searches").EnumerateArray()];
            Assert.Equal(["1 5", "3 5", "1 20", "3 20"], searches.Select(search => $"{search.GetProperty("queries").GetInt32()} {search.GetProperty("k").GetInt32()}"));
            Assert.All(searches, search =>
            {
                Assert.Equal((1, 1), (search.GetProperty("recall").GetDouble(), search.GetProperty("least_recall").GetDouble()));
                double median = search.GetProperty("median_s").GetDouble();
                Assert.InRange(median, search.GetProperty("min_s").GetDouble(), search.GetProperty("p90_s").GetDouble());
                Assert.Equal(search.GetProperty("queries").GetInt32() / median, search.GetProperty("queries_per_s").GetDouble(), 1e-6);
                Assert.True(search.GetProperty("index_gb_per_s").GetDouble() > 0 && search.GetProperty("gflops").GetDouble() > 0);
            });
        }
    }

    [Fact]
    public void Every_method_of_a_mixture_is_listed_and_the_exact_ones_miss_nothing()
    {
        JsonElement report = Tool.Json("bench", "topk", "--shape", "mol-2x2x8", "--items", "600", "--batches", "1", "-k", "10", "--queries", "9");
        Assert.Equal(
            [
                "MoLBruteForceTopK float32", "MoLExactTopK float32", "MoLExactTopK int8", "MoLNaiveTopK5 float32", "MoLNaiveTopK10 float32", "MoLNaiveTopK50 float32",
                "MoLAvgTopK200 float32", "MoLAvgTopK1000 float32", "MoLAvgTopK4000 float32", "MoLCombTopK5_200 float32", "MoLCombTopK10_1000 float32",
                "HIndexerTopK1000 int8", "HIndexerTopK4000 int8",
            ],
            Methods(report));
        foreach (JsonElement method in report.GetProperty("methods").EnumerateArray())
        {
            JsonElement search = method.GetProperty("searches")[0];
            double recall = search.GetProperty("recall").GetDouble();
            // Candidates as many as items leave nothing to miss.
            bool misses = !method.GetProperty("exact").GetBoolean() && method.GetProperty("method").GetString() is not ("MoLAvgTopK1000" or "MoLAvgTopK4000" or "MoLCombTopK10_1000");
            Assert.InRange(recall, misses ? 0.2 : 1, 1);
            Assert.InRange(search.GetProperty("least_recall").GetDouble(), 0, recall);
            bool bounds = method.GetProperty("method").GetString() == "MoLExactTopK";
            Assert.Equal(bounds, search.TryGetProperty("first_pass_sufficed", out JsonElement share));
            if (!bounds) continue;
            Assert.InRange(share.GetDouble(), 0, 1);
            Assert.InRange(search.GetProperty("mean_candidates").GetDouble(), 10, 600);
        }
    }

    [Fact]
    public void A_seed_fixes_the_recall_and_another_draws_another_catalogue()
    {
        string[] command = ["bench", "topk", "--shape", "mol-2x2x8", "--items", "900", "--method", "MoLAvgTopK60", "--batches", "4", "-k", "40", "--queries", "16"];
        double Recall(params string[] more) => Tool.Json([.. command, .. more]).GetProperty("methods")[0].GetProperty("searches")[0].GetProperty("recall").GetDouble();
        double first = Recall("--threads", "1");
        Assert.InRange(first, 0.05, 0.95);
        Assert.Equal(first, Recall("--threads", "2"));
        Assert.NotEqual(first, Recall("--seed", "2"));
    }

    [Fact]
    public void Users_of_a_store_ask_a_trained_model()
    {
        JsonElement report = Tool.Json("bench", "topk", "--model", trained.Run, "--data", trained.Store, "--precision", "int8", "--method", "MIPSBruteForceTopK", "--queries", "1000", "--batches", "8", "-k", "3");
        Assert.Equal(trained.Run, report.GetProperty("model").GetString());
        // As many queries as users with two events, not more.
        Assert.InRange(report.GetProperty("distinct_queries").GetInt32(), 1, 60);
        Assert.Equal(["MIPSBruteForceTopK int8"], Methods(report));

        JsonElement pairs = Tool.Json("bench", "topk", "--model", trained.Run, "--queries", "5", "--batches", "1", "-k", "3");
        Assert.Equal(5, pairs.GetProperty("distinct_queries").GetInt32());
    }

    [Fact]
    public void More_results_than_items_are_no_miss()
    {
        JsonElement report = Tool.Json("bench", "topk", "--shape", "dot-8", "--items", "4", "--batches", "2", "-k", "9", "--queries", "3");
        Assert.Equal(1, report.GetProperty("methods")[0].GetProperty("searches")[0].GetProperty("recall").GetDouble());
    }

    [Fact]
    public void People_get_a_table_and_a_picture()
    {
        string plot = folder.File("topk.png");
        Tool run = Tool.Run("bench", "topk", "--shape", "dot-8", "--items", "300", "--batches", "1,2", "-k", "5", "--queries", "4", "--plot", plot);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("p90 of 1", run.Output, StringComparison.Ordinal);
        Assert.Contains("MIPSBruteForceTopK   bfloat16", run.Output, StringComparison.Ordinal);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(plot)[..4]);
    }

    [Theory]
    [InlineData("MolNaive50", "did you mean MoLNaiveTopK50?")]
    [InlineData("MoLBrute", "did you mean MoLBruteForceTopK?")]
    [InlineData("MoLCombTopK7", "did you mean MoLCombTopK5_200?")]
    [InlineData("HIndexer", "did you mean HIndexerTopK1000?")]
    [InlineData("faiss", "HIndexerTopK1000")]
    public void A_method_that_is_not_known_is_refused_with_the_names_and_the_nearest(string method, string hint)
    {
        string line = Tool.Refused("bench", "topk", "--items", "100", "--method", method);
        Assert.Contains($"--method {method} is not known; choose one such as MIPSBruteForceTopK, MoLBruteForceTopK, MoLNaiveTopK5, MoLAvgTopK200, MoLCombTopK5_200, MoLExactTopK, HIndexerTopK1000", line, StringComparison.Ordinal);
        Assert.EndsWith(hint, line, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        Assert.Contains("MoLExactTopK", Tool.Refused("bench", "topk", "--shape", "dot-8", "--items", "50", "--method", "MoLExactTopK"), StringComparison.Ordinal);
        Assert.Contains("--shape cube-3 is not known; choose dot-64", Tool.Refused("bench", "topk", "--shape", "cube-3"), StringComparison.Ordinal);
        Assert.Contains("--shape mol-99x4x64 must have", Tool.Refused("bench", "topk", "--shape", "mol-99x4x64"), StringComparison.Ordinal);
        Assert.Contains("--model and --shape exclude each other", Tool.Refused("bench", "topk", "--model", "x", "--shape", "dot-8"), StringComparison.Ordinal);
        Assert.Contains("--data goes with --model", Tool.Refused("bench", "topk", "--data", "x"), StringComparison.Ordinal);
        Assert.Contains("--items is for made-up models", Tool.Refused("bench", "topk", "--model", "x", "--items", "5"), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Methods(JsonElement report) => report.GetProperty("methods").EnumerateArray()
        .Select(method => $"{method.GetProperty("method").GetString()} {method.GetProperty("precision").GetString()}");
}
