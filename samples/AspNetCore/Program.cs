// A model inside a web app: dotnet run -c Release --project samples/AspNetCore -- --model RUN/best --urls http://127.0.0.1:5080
using Sequor.Server;
using Sequor.Server.Contracts;
using Sequor.Server.Embedding;
using Sequor.Server.Models;
using Sequor.Serving;

var builder = WebApplication.CreateBuilder(args);

// The model is loaded when the app starts. When the folder holds a newer one, that takes over between two requests.
builder.Services.AddSequor(options =>
{
    options.ModelDirectory = builder.Configuration["model"] ?? "";
    options.Watch = true;
    options.Recommender = new RecommenderOptions { ConcurrentBatches = 2, LargestBatch = 16 };
});

var app = builder.Build();

// The endpoint as it comes: POST {"history": ["song-7", "song-8"], "k": 3}.
app.MapSequor("/recommend");
app.MapHealthChecks("/health");

// Or an endpoint of your own. Handlers get the recommender injected; questions that come together share a batch.
app.MapGet("/after/{song}", async (string song, HostedRecommender recommender, CancellationToken cancellation) =>
{
    try
    {
        RecommendResponse answer = await recommender.RecommendAsync(new RecommendRequest { History = [new HistoryEvent { ItemId = song }], K = 3 }, cancellation);
        return Results.Ok(answer.Items.Select(item => item.ItemId));
    }
    catch (RequestException refused)
    {
        return Results.Problem(refused.Message, statusCode: refused.Status);
    }
});

// What the request does not offer, the model does: it stays for as long as it is leased, even if another one takes its place.
app.MapGet("/like/{song}", (string song, HostedRecommender recommender) =>
{
    using ModelLease lease = recommender.Lease();
    Recommender model = lease.Model.Recommender;
    return model.Items.TryGetIndex(song, out int item) ? Results.Ok(model.Similar(item, count: 3).Select(like => like.ItemId)) : Results.NotFound();
});

app.Run();
