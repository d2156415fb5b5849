using System.Net;
using System.Text.Json.Nodes;
using Sequor.Artifacts;
using Xunit;

namespace Sequor.Server.Tests.Http;

public sealed class ReloadTests
{
    [Fact]
    public async Task A_reload_says_what_it_did_and_a_damaged_model_is_refused_while_the_old_one_answers()
    {
        await using Service service = await Service.StartAsync();
        (HttpStatusCode status, JsonNode answer) = await ReloadAsync(service);
        Assert.Equal((HttpStatusCode.OK, "unchanged"), (status, (string?)answer["outcome"]));
        string first = (string)answer["version"]!;

        SmallModel.Write(service.ModelDirectory, seed: 9);
        (status, answer) = await ReloadAsync(service);
        Assert.Equal((HttpStatusCode.OK, "swapped"), (status, (string?)answer["outcome"]));
        string second = (string)answer["version"]!;
        Assert.NotEqual(first, second);

        // The manifest stands as it was: only who reads the weights notices.
        await File.AppendAllTextAsync(Path.Combine(service.ModelDirectory, ModelArtifact.WeightsFileName), "x", TestContext.Current.CancellationToken);
        (status, answer) = await ReloadAsync(service);
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("the model that answers stays: model.safetensors has", (string)answer["detail"]!, StringComparison.Ordinal);
        Assert.Equal(second, (string?)(await service.AskAsync("/v1/recommend", """{"history":["i1"]}"""))["modelVersion"]);

        string metrics = await service.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        foreach (string outcome in (string[])["swapped", "unchanged", "refused"])
            Assert.Contains(metrics.Split('\n'), line => line.StartsWith("sequor_model_reloads", StringComparison.Ordinal) && line.Contains($"outcome=\"{outcome}\"", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal));
    }

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> ReloadAsync(Service service)
    {
        using HttpResponseMessage answer = await service.Client.PostAsync("/v1/model/reload", null);
        return (answer.StatusCode, await Service.ReadAsync(answer));
    }
}
