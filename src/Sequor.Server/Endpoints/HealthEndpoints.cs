using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Server.Contracts;
using Sequor.Server.Documentation;
using Sequor.Server.Http;

namespace Sequor.Server.Endpoints;

/// <summary>What an orchestrator asks: <c>/health/live</c> and <c>/health/ready</c>.</summary>
internal static class HealthEndpoints
{
    internal static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var state = routes.ServiceProvider.GetRequiredService<ServiceState>();
        routes.MapGet("/health/live", (RequestDelegate)(context => Write(context, "live")))
            .Describe("Lives", "Answers as long as the process does.", "Health").WithMetadata(WithoutKey.Instance).Gives<HealthResponse>();
        routes.MapGet("/health/ready", (RequestDelegate)(context =>
        {
            if (!state.IsReady) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Write(context, state.Phase);
        })).Describe("Is ready", "200 when requests are answered; 503 while the model loads, and while the service ends.", "Health")
            .WithMetadata(WithoutKey.Instance).Gives<HealthResponse>().Gives<HealthResponse>(StatusCodes.Status503ServiceUnavailable);
    }

    private static Task Write(HttpContext context, string status)
    {
        JsonAnswer.Write(context, new HealthResponse { Status = status }, SequorJson.Default.HealthResponse);
        return Task.CompletedTask;
    }
}
