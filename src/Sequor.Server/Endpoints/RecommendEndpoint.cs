using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Server.Answers;
using Sequor.Server.Contracts;
using Sequor.Server.Documentation;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Server.Telemetry;
using Sequor.Server.Users;

namespace Sequor.Server.Endpoints;

/// <summary><c>POST /v1/recommend</c>.</summary>
internal static class RecommendEndpoint
{
    internal static void MapRecommend(this IEndpointRouteBuilder routes)
    {
        var gate = routes.ServiceProvider.GetRequiredService<RequestGate>();
        var rules = routes.ServiceProvider.GetRequiredService<RequestRules>();
        var models = routes.ServiceProvider.GetRequiredService<Lazy<ModelHost>>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        var users = routes.ServiceProvider.GetRequiredService<Lazy<IUsers>>();
        routes.MapPost("/v1/recommend", gate.Guard(SequorJson.Default.RecommendRequest, async (context, request, cancellation) =>
        {
            rules.Check(request);
            RecommendResponse? answer = request.UserId is { } user
                ? await users.Value.RecommendAsync(request, cancellation) ?? throw UserEndpoints.Unknown("userId", user)
                : await AnonymousHistory.AnswerAsync(models.Value, request, time, cancellation);
            AnswerTrace.Add(context, answer.Timing);
            JsonAnswer.Write(context, answer, SequorJson.Default.RecommendResponse);
        })).Describe(
            "Recommends items", "The best items for a user whose events the service keeps, or behind a history that comes with the request.", "Recommendations")
            .Takes<RecommendRequest>().Gives<RecommendResponse>().Refuses(400, 404, 408, 413, 415, 422, 429, 503);
    }
}
