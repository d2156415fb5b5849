using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Server.Contracts;

namespace Sequor.Server.Embedding;

/// <summary>The recommender of an app over HTTP, for apps that need nothing but that.</summary>
public static class SequorEndpoint
{
    /// <summary>
    /// Answers <c>POST</c> at a path: a <see cref="RecommendRequest"/> with a history becomes a <see cref="RecommendResponse"/>, and what breaks a rule a
    /// problem document. Who may ask, how often and how much is the app's: add its policies to what this returns.
    /// </summary>
    /// <param name="routes">The app.</param>
    /// <param name="pattern">The path.</param>
    public static IEndpointConventionBuilder MapSequor(this IEndpointRouteBuilder routes, string pattern = "/recommend")
    {
        ArgumentNullException.ThrowIfNull(routes);
        var recommender = routes.ServiceProvider.GetRequiredService<IServiceProviderIsService>().IsService(typeof(HostedRecommender))
            ? new Lazy<HostedRecommender>(routes.ServiceProvider.GetRequiredService<HostedRecommender>)
            : throw new InvalidOperationException("MapSequor needs the services of AddSequor: call builder.Services.AddSequor(…) before the app is built");
        return routes.MapPost(pattern, async context =>
        {
            IResult answer = await AnswerAsync(recommender.Value, context);
            await answer.ExecuteAsync(context);
        }).WithMetadata(new AcceptsMetadata(["application/json"], typeof(RecommendRequest)), new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(RecommendResponse), ["application/json"]));
    }

    private static async Task<IResult> AnswerAsync(HostedRecommender recommender, HttpContext context)
    {
        if (!context.Request.HasJsonContentType()) return Refusal(StatusCodes.Status415UnsupportedMediaType, "the body must be sent as application/json");
        try
        {
            RecommendRequest? request = await context.Request.ReadFromJsonAsync(SequorJson.Default.RecommendRequest, context.RequestAborted);
            return request is null
                ? Refusal(StatusCodes.Status400BadRequest, "the body must be an object with a history")
                : TypedResults.Json(await recommender.RecommendAsync(request, context.RequestAborted), SequorJson.Default.RecommendResponse);
        }
        catch (RequestException refused)
        {
            return Refusal(refused.Status, refused.Message, refused.Errors);
        }
        catch (JsonException bad)
        {
            return Refusal(StatusCodes.Status400BadRequest, $"the body cannot be read: {bad.Message}");
        }
    }

    private static JsonHttpResult<ProblemResponse> Refusal(int status, string detail, IReadOnlyList<FieldErrorResponse>? errors = null) => TypedResults.Json(
        new ProblemResponse { Title = ReasonPhrases.GetReasonPhrase(status), Status = status, Detail = detail, Errors = errors is { Count: > 0 } ? errors : null },
        SequorJson.Default.ProblemResponse, "application/problem+json", status);
}
