using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Sequor.Server.Contracts;

namespace Sequor.Server.Telemetry;

/// <summary>Where the time of an answer went, as a header for the caller and as spans for the trace.</summary>
internal static class AnswerTrace
{
    /// <summary>Name of the source of spans.</summary>
    internal const string SourceName = "Sequor.Server";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>Adds the header <c>Server-Timing</c>, and spans if the request is traced.</summary>
    internal static void Add(HttpContext context, TimingResponse timing)
    {
        context.Response.Headers["Server-Timing"] = string.Create(
            CultureInfo.InvariantCulture,
            $"queue;dur={timing.QueuedMilliseconds}, encode;dur={timing.EncodeMilliseconds}, search;dur={timing.SearchMilliseconds}");
        if (Activity.Current is not { IsAllDataRequested: true } request || !s_source.HasListeners()) return;
        request.SetTag("sequor.batch.size", timing.BatchSize);
        request.SetTag("sequor.cached.events", timing.CachedEvents);
        DateTimeOffset end = DateTimeOffset.UtcNow;
        DateTimeOffset searched = end.AddMilliseconds(-timing.SearchMilliseconds), encoded = searched.AddMilliseconds(-timing.EncodeMilliseconds);
        Span(request, "queue", encoded.AddMilliseconds(-timing.QueuedMilliseconds), encoded);
        Span(request, "encode", encoded, searched);
        Span(request, "search", searched, end);
    }

    private static void Span(Activity request, string name, DateTimeOffset start, DateTimeOffset end)
    {
        using Activity? span = s_source.StartActivity(name, ActivityKind.Internal, request.Context, startTime: start);
        span?.SetEndTime(end.UtcDateTime);
    }
}
