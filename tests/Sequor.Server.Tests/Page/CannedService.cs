using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sequor.Server.Contracts;
using Sequor.Server.Page;

namespace Sequor.Server.Tests.Page;

/// <summary>The page over Kestrel, and behind it answers that are made up, but follow from the question.</summary>
internal sealed class CannedService : IAsyncDisposable
{
    internal const long Newest = 978_300_760;

    private static readonly string[] s_genres = ["Comedy", "Drama", "Western"];
    private readonly WebApplication _app;
    private readonly List<ItemResponse> _items;

    private CannedService()
    {
        _items = [.. Enumerable.Range(1, 30).Select(i => new ItemResponse
        {
            ItemId = $"{i}",
            Title = $"Film number {i} ({1950 + i})",
            Popularity = 1000 - i,
            Attributes = new Dictionary<string, IReadOnlyList<string>> { ["genres"] = i % 5 == 0 ? [s_genres[i % 3], s_genres[(i + 1) % 3]] : [s_genres[i % 3]], ["decade"] = [$"{(1950 + i) / 10}0s"] },
        })];
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, SequorJson.Default));
        _app = builder.Build();
        _app.MapPage();
        _app.Use((context, next) => Key is null || !context.Request.Path.StartsWithSegments("/v1") || context.Request.Headers["X-API-Key"] == Key
            ? next(context) : Refuse(context, StatusCodes.Status401Unauthorized, "X-API-Key", null, "is missing or not one of ours"));
        _app.MapGet("/v1/model", () => Results.Json(Model(), SequorJson.Default.ModelResponse));
        _app.MapGet("/v1/items", (string? query) => Results.Json(
            new ItemsResponse { Items = [.. _items.Where(item => item.Title!.Contains(query ?? "", StringComparison.OrdinalIgnoreCase)).Take(20)] }, SequorJson.Default.ItemsResponse));
        _app.MapGet("/v1/items/{id}/similar", (string id) => Results.Json(
            new SimilarItemsResponse { ModelVersion = "canned", ItemId = id, Items = Scored(_items.Where(item => item.ItemId != id).Take(5)) }, SequorJson.Default.SimilarItemsResponse));
        _app.MapGet("/v1/users", () => Results.Json(new UsersResponse { Count = 2, UserIds = ["12", "127"] }, SequorJson.Default.UsersResponse));
        _app.MapGet("/v1/users/{id}/history", (string id) => Results.Json(new HistoryResponse
        {
            UserId = id,
            Count = 20,
            Events = [.. _items.Take(20).Select((item, i) => new KeptEventResponse { ItemId = item.ItemId, Title = item.Title, Timestamp = Newest - (86400 * (19 - i)), Known = true })],
        }, SequorJson.Default.HistoryResponse));
        _app.MapPost("/v1/recommend", RecommendAsync);
    }

    /// <summary>Where it listens.</summary>
    internal string Url => _app.Urls.First();

    /// <summary>The key that it asks for; null for none.</summary>
    internal string? Key { get; set; }

    /// <summary>The status with which questions are refused; 0 for none.</summary>
    internal int Refusal { get; set; }

    /// <summary>Answers wait for this.</summary>
    internal Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>What was asked.</summary>
    internal ConcurrentQueue<RecommendRequest> Questions { get; } = [];

    internal static async Task<CannedService> StartAsync()
    {
        var service = new CannedService();
        await service._app.StartAsync();
        return service;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task RecommendAsync(HttpContext context)
    {
        RecommendRequest request = (await context.Request.ReadFromJsonAsync(SequorJson.Default.RecommendRequest))!;
        Questions.Enqueue(request);
        await Gate;
        if (Refusal != 0)
        {
            await Refuse(context, Refusal, "k", $"{request.K}", "must lie in 1 … 7");
            return;
        }

        HistoryEvent[] history = request.UserId is null ? [.. request.History!]
            : [.. _items.Take(20).Select((item, i) => new HistoryEvent { ItemId = item.ItemId, Timestamp = Newest - (86400 * (19 - i)) })];
        // Anything, so long as it depends on the history and on the time.
        int shift = int.Parse(history[^1].ItemId) + (int)((request.At ?? 0) / 86400);
        IEnumerable<ItemResponse> left = _items
            .Where(item => request.IncludeSeen || !history.Any(seen => seen.ItemId == item.ItemId))
            .Where(item => (request.Where ?? []).All(condition => item.Attributes![condition.Attribute].Intersect(condition.AnyOf!).Any()))
            .OrderBy(item => (int.Parse(item.ItemId) * 7 + shift) % 31);
        var answer = new RecommendResponse
        {
            ModelVersion = "canned",
            TopKMethod = request.TopKMethod ?? "Exact",
            At = request.At,
            HistoryCount = history.Length,
            WindowCount = history.Length,
            Timing = new TimingResponse { QueuedMilliseconds = 0.1, EncodeMilliseconds = 0.8, SearchMilliseconds = 0.2, BatchSize = 1, CachedEvents = 0 },
            Items = Scored(left.Take(request.K)),
            Why = [.. history.Select((seen, i) => new AttentionResponse
            {
                ItemId = seen.ItemId, Title = _items[int.Parse(seen.ItemId) - 1].Title, Timestamp = seen.Timestamp,
                Share = (i + 1f) / (history.Length * (history.Length + 1) / 2f), Content = 0.3f - (0.01f * i), Position = 0.1f, Time = -0.02f * (history.Length - i),
            })],
        };
        await Results.Json(answer, SequorJson.Default.RecommendResponse).ExecuteAsync(context);
    }

    private static List<ScoredItemResponse> Scored(IEnumerable<ItemResponse> items) =>
        [.. items.Select((item, i) => new ScoredItemResponse { Rank = i + 1, ItemId = item.ItemId, Title = item.Title, Score = 0.9f - (0.02f * i), Attributes = item.Attributes })];

    private static Task Refuse(HttpContext context, int status, string field, string? value, string rule)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(new { title = "No", status, errors = new[] { new { field, value, rule } } }));
    }

    private static ModelResponse Model() => new()
    {
        Version = "canned",
        LoadedAt = DateTimeOffset.UnixEpoch,
        DataName = "films",
        DataFingerprint = "0",
        Protocol = "test",
        Epoch = 3,
        Metrics = new Dictionary<string, double> { ["hr@10"] = 0.25 },
        Encoder = "HSTU",
        Similarity = "DotProduct",
        ItemCount = 30,
        MaxSequenceLength = 50,
        ReadsTimes = true,
        ReadsRatings = false,
        TopKMethods = ["Exact", "Quick"],
        Attributes = new Dictionary<string, IReadOnlyList<string>> { ["genres"] = s_genres, ["decade"] = ["1950s", "1960s", "1970s", "1980s"] },
        CatalogueCoverage = 0,
    };
}
