using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Sequor.Server.Contracts;

namespace Sequor.Server.Http;

/// <summary>Writes why a request is not answered.</summary>
internal static class Problem
{
    internal const string ContentType = "application/problem+json";

    /// <summary>Writes a problem document.</summary>
    internal static void Write(HttpContext context, int status, string detail, IReadOnlyList<FieldErrorResponse>? errors = null)
    {
        context.Response.StatusCode = status;
        JsonAnswer.Write(
            context,
            new ProblemResponse
            {
                Title = ReasonPhrases.GetReasonPhrase(status),
                Status = status,
                Detail = detail,
                TraceId = TraceId(context),
                Errors = errors is { Count: > 0 } ? errors : null,
            },
            SequorJson.Default.ProblemResponse,
            ContentType);
    }

    /// <summary>Names a request in problems, traces and logs.</summary>
    internal static string TraceId(HttpContext context) => Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;

    /// <summary>Asks to come back when there is room.</summary>
    internal static void Busy(HttpContext context, int status, string detail)
    {
        context.Response.Headers.RetryAfter = "1";
        Write(context, status, detail);
    }
}
