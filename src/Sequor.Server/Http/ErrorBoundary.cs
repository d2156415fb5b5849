using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Sequor.Server.Users;

namespace Sequor.Server.Http;

/// <summary>Turns whatever goes wrong behind it, and every status without a body, into a problem document.</summary>
internal sealed partial class ErrorBoundary(RequestDelegate next, ILogger<ErrorBoundary> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null }) Problem.Write(context, context.Response.StatusCode, Reason(context));
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            Answer(context, error);
        }
        catch (Exception error)
        {
            if (!context.RequestAborted.IsCancellationRequested) LogFailure(logger, Template(context), error.GetType().FullName!, Problem.TraceId(context), error.StackTrace);
            context.Abort();
        }
    }

    private void Answer(HttpContext context, Exception error)
    {
        switch (error)
        {
            case RequestException refused:
                Problem.Write(context, refused.Status, refused.Message, refused.Errors);
                return;
            case HistoriesGoneException gone:
                LogGone(logger, gone.Message);
                Problem.Write(context, StatusCodes.Status503ServiceUnavailable, "the file of the histories is no longer there: nothing can be kept until the service is started again");
                return;
            case UsersUnavailableException away:
                Problem.Busy(context, StatusCodes.Status503ServiceUnavailable, away.Message);
                return;
            case BadHttpRequestException bad:
                // Kestrel gave up on the body: it came too slowly, was too large, or broke the protocol.
                context.Response.Headers.Connection = "close";
                Problem.Write(context, bad.StatusCode, bad.Message);
                return;
            case OperationCanceledException or IOException when context.RequestAborted.IsCancellationRequested:
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                return;
            case OperationCanceledException:
                Problem.Busy(context, StatusCodes.Status503ServiceUnavailable, "the request took longer than this service allows; come back when it is less busy");
                return;
            default:
                // Its message may name a user or an item, so what is logged is where it came from.
                LogFailure(logger, Template(context), error.GetType().FullName!, Problem.TraceId(context), error.StackTrace);
                Problem.Write(context, StatusCodes.Status500InternalServerError, "the service failed; its log has more under the trace id of this answer");
                return;
        }
    }

    /// <summary>Address of an endpoint as it was declared: no ids in it.</summary>
    internal static string Template(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unknown address";

    private static string Reason(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => "there is nothing at this address; /openapi/v1.json lists what there is",
        StatusCodes.Status415UnsupportedMediaType => "the body must be sent as application/json",
        StatusCodes.Status405MethodNotAllowed => $"this address takes {context.Response.Headers.Allow}",
        _ => "the request was refused",
    };

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Reason}")]
    private static partial void LogGone(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Endpoint} failed: {ExceptionType}, trace {TraceId}\n{Where}")]
    private static partial void LogFailure(ILogger logger, string endpoint, string exceptionType, string traceId, string? where);
}
