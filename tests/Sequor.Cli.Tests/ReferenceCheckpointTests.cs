using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>A checkpoint that the reference trained measures here what it measured there.</summary>
public sealed class ReferenceCheckpointTests : IDisposable
{
    private const int UserCount = 2999;
    // The reference's figures have six decimals.
    private const double Rounding = 1e-6;

    private static readonly string s_golden = Path.Combine(AppContext.BaseDirectory, "Golden", "checkpoint");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_references_checkpoint_measures_the_same_within_one_user_a_metric()
    {
        string? data = Environment.GetEnvironmentVariable("SEQUOR_DATA");
        if (data is null) Assert.Skip("SEQUOR_DATA is not set");
        string set = Path.Combine(data, "ml-1m-half");
        if (!Directory.Exists(set)) Assert.Skip($"SEQUOR_DATA has no ml-1m-half: {set}");
        string store = folder.File("half.sequor"), model = folder.File("model");
        Tool.Json("prepare", "sasrec", "--source", set, "--items", Path.Combine(set, "movies.dat"), "--out", store);
        JsonElement imported = Tool.Json("import", Path.Combine(s_golden, "hstu-ml-1m-half-epoch60.pt"), "--config", Config(), "--data", store, "--out", model);
        Assert.Equal(("id", 3953, 3883, 60), (imported.GetProperty("itemRows").GetString(), imported.GetProperty("tableRows").GetInt32(), imported.GetProperty("items").GetInt32(), imported.GetProperty("epoch").GetInt32()));
        JsonElement measured = Tool.Json("evaluate", model, "--data", store);
        Assert.Equal((UserCount, 60), (measured.GetProperty("users").GetInt32(), measured.GetProperty("epoch").GetInt32()));

        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_golden, "metrics.json")));
        JsonProperty[] metrics = [.. golden.RootElement.GetProperty("metrics").EnumerateObject()];
        Assert.Equal(17, metrics.Length);
        // One user whose rank crosses a cut moves a mean by at most one part of the users.
        Assert.All(metrics, metric => Assert.Equal(metric.Value.GetDouble(), measured.GetProperty(metric.Name).GetDouble(), (1.0 / UserCount) + Rounding));
    }

    private static string Config()
    {
        string? place = AppContext.BaseDirectory;
        while (place is not null && !File.Exists(Path.Combine(place, "Sequor.slnx"))) place = Path.GetDirectoryName(place);
        return Path.Combine(place ?? throw new InvalidOperationException("no Sequor.slnx above the tests"), "configs", "ml-1m", "hstu.gin");
    }
}
