using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Sequor.Server;
using Sequor.Server.Contracts;
using Sequor.Server.Embedding;
using Sequor.Server.Models;
using Xunit;

namespace Sequor.Library.Tests;

/// <summary>A model inside an app of others.</summary>
public sealed class AddSequorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Model => _folder.File("model");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_app_has_a_recommender_that_answers_many_at_once()
    {
        SmallModel.Write(Model);
        await using WebApplication app = App();
        await app.StartAsync(Cancellation);
        var recommender = app.Services.GetRequiredService<HostedRecommender>();
        RecommendResponse[] answers = await Task.WhenAll(Enumerable.Range(1, 50).Select(i => Task.Run(() => recommender.RecommendAsync(Request($"i{i}"), Cancellation), Cancellation)));
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal(5, answers[i].Items.Count);
            Assert.DoesNotContain($"i{i + 1}", answers[i].Items.Select(item => item.ItemId));
        }

        Assert.Equal(recommender.ModelVersion, answers[0].ModelVersion);
    }

    [Fact]
    public async Task A_new_model_takes_over_and_a_leased_one_stays()
    {
        SmallModel.Write(Model);
        await using WebApplication app = App();
        await app.StartAsync(Cancellation);
        var recommender = app.Services.GetRequiredService<HostedRecommender>();
        string before = recommender.ModelVersion;
        using (ModelLease lease = recommender.Lease())
        {
            SmallModel.Write(Model, seed: 8);
            await app.Services.GetRequiredService<ModelHost>().ReloadAsync(Cancellation);
            Assert.NotEqual(before, recommender.ModelVersion);
            Assert.Equal(before, lease.Model.Version);
            Assert.NotEmpty(lease.Model.Recommender.Recommend([1, 2], []));
        }

        Assert.Equal(recommender.ModelVersion, (await recommender.RecommendAsync(Request("i1"), Cancellation)).ModelVersion);
    }

    [Fact]
    public async Task A_watched_folder_is_looked_at_without_being_asked()
    {
        SmallModel.Write(Model);
        await using WebApplication app = App(watch: true);
        await app.StartAsync(Cancellation);
        var recommender = app.Services.GetRequiredService<HostedRecommender>();
        string before = recommender.ModelVersion;
        SmallModel.Write(Model, seed: 8);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (recommender.ModelVersion == before) await Task.Delay(50, patience.Token);
    }

    [Fact]
    public async Task Health_says_which_model_answers_and_which_was_refused()
    {
        SmallModel.Write(Model);
        await using WebApplication app = App();
        await app.StartAsync(Cancellation);
        var health = app.Services.GetRequiredService<HealthCheckService>();
        HealthReportEntry entry = (await health.CheckHealthAsync(Cancellation)).Entries["sequor"];
        string version = app.Services.GetRequiredService<HostedRecommender>().ModelVersion;
        Assert.Equal((HealthStatus.Healthy, version), (entry.Status, entry.Data["version"]));
        SmallModel.Write(Model, seed: 8, spoil: true);
        await Assert.ThrowsAsync<InvalidInputException>(() => app.Services.GetRequiredService<ModelHost>().ReloadAsync(Cancellation));
        entry = (await health.CheckHealthAsync(Cancellation)).Entries["sequor"];
        Assert.Equal((HealthStatus.Degraded, version), (entry.Status, entry.Data["version"]));
        SmallModel.Write(Model, seed: 9);
        await app.Services.GetRequiredService<ModelHost>().ReloadAsync(Cancellation);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(Cancellation)).Status);
    }

    [Fact]
    public async Task The_endpoint_answers_and_names_what_is_wrong()
    {
        SmallModel.Write(Model);
        await using WebApplication app = App();
        app.MapSequor("/next");
        await app.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = SequorServer.Address(app) };
        JsonElement answer = await (await http.PostAsJsonAsync("/next", new { history = new List<string> { "i1" }, k = 2 }, Cancellation)).Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(2, answer.GetProperty("items").GetArrayLength());
        await Refused("""{"history": ["i1"], "k": 0}""", HttpStatusCode.UnprocessableEntity, "k");
        await Refused("""{"userId": "ada"}""", HttpStatusCode.UnprocessableEntity, "userId");
        await Refused("""{"history": ["i1"], "wrong": 1}""", HttpStatusCode.BadRequest, null);
        await Refused("{", HttpStatusCode.BadRequest, null);
        await Refused("null", HttpStatusCode.BadRequest, null);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await http.PostAsync("/next", new StringContent("text"), Cancellation)).StatusCode);

        async Task Refused(string body, HttpStatusCode status, string? field)
        {
            using HttpResponseMessage refusal = await http.PostAsync("/next", new StringContent(body, null, "application/json"), Cancellation);
            Assert.Equal(status, refusal.StatusCode);
            Assert.Equal("application/problem+json", refusal.Content.Headers.ContentType?.MediaType);
            var problem = await refusal.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            if (field is not null) Assert.Equal(field, problem.GetProperty("errors")[0].GetProperty("field").GetString());
        }
    }

    [Fact]
    public async Task An_app_without_a_model_does_not_start()
    {
        await using WebApplication missing = App();
        var error = await Assert.ThrowsAsync<InvalidInputException>(() => missing.StartAsync(Cancellation));
        Assert.Contains(Model, error.Message, StringComparison.Ordinal);
        await using WebApplication unnamed = App(model: "");
        await Assert.ThrowsAsync<OptionsValidationException>(() => unnamed.StartAsync(Cancellation));
        Assert.Contains("AddSequor", Assert.Throws<InvalidOperationException>(() => WebApplication.CreateSlimBuilder().Build().MapSequor()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_model_ends_with_the_app()
    {
        SmallModel.Write(Model);
        WebApplication app = App();
        await app.StartAsync(Cancellation);
        var recommender = app.Services.GetRequiredService<HostedRecommender>();
        ServedModel model;
        using (ModelLease lease = recommender.Lease()) model = lease.Model;
        await app.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => recommender.Lease());
        Assert.Throws<ObjectDisposedException>(() => model.Recommender.Recommend([1], []));
    }

    private static RecommendRequest Request(string item) => new() { History = [new HistoryEvent { ItemId = item }], K = 5 };

    private WebApplication App(bool watch = false, string? model = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSequor(options =>
        {
            options.ModelDirectory = model ?? Model;
            options.Watch = watch;
            options.Recommender = new() { ConcurrentBatches = 1 };
        });
        return builder.Build();
    }
}
