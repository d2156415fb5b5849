using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sequor.Server.Contracts;

namespace Sequor.Cli.Tests;

/// <summary>A service that answers as a test wants it, and keeps what it was asked.</summary>
internal sealed class StandIn : IDisposable
{
    private readonly WebApplication app;
    private int requests;

    /// <param name="answer">What becomes of a recommendation or event, by the number of the request from 1 on.</param>
    public StandIn(Func<int, HttpContext, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapGet("/v1/model", () => Model);
        app.MapGet("/health/ready", () => "ready");
        app.MapPost("/v1/{what}", async (string what, HttpContext context) =>
        {
            Bodies.Add((what, await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body)));
            await answer(Interlocked.Increment(ref requests), context);
        });
        app.Start();
        Url = app.Urls.Single();
    }

    /// <summary>A service that is always quick.</summary>
    public static StandIn Quick() => new((_, context) => WriteAsync(context));

    public string Url { get; }

    public ConcurrentBag<(string What, JsonElement Body)> Bodies { get; } = [];

    public static ModelResponse Model { get; } = new()
    {
        Version = "abc",
        LoadedAt = DateTimeOffset.UnixEpoch,
        DataName = "synthetic",
        DataFingerprint = "",
        Protocol = "reference",
        Epoch = 1,
        Metrics = new Dictionary<string, double>(),
        Encoder = "HSTU",
        Similarity = "DotProduct",
        ItemCount = 60,
        MaxSequenceLength = 5,
        ReadsTimes = true,
        ReadsRatings = false,
        TopKMethods = [],
        Attributes = new Dictionary<string, IReadOnlyList<string>>(),
        CatalogueCoverage = 0,
    };

    public static Task WriteAsync(HttpContext context) => context.Response.WriteAsync("""
        {"modelVersion":"abc","items":[],"timing":{"queuedMilliseconds":0.25,"encodeMilliseconds":1.5,"searchMilliseconds":0.5,"batchSize":1,"cachedEvents":0}}
        """, context.RequestAborted);

    public void Dispose() => ((IDisposable)app).Dispose();
}
