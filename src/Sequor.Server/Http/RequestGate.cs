using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Sequor.Server.Http;

/// <summary>
/// Lets requests through to what answers them: as many at a time as allowed, each for as long as allowed. A body is read before its request
/// takes a place, and an answer is sent when its request has left it, so that neither a slow sender nor a slow reader keeps one from others.
/// </summary>
internal sealed class RequestGate(ServerOptions options, ServiceState state, BodyBudget bodies)
{
    /// <summary>An endpoint without a body.</summary>
    internal RequestDelegate Guard(Func<HttpContext, CancellationToken, ValueTask> answer) => async context =>
    {
        using CancellationTokenSource deadline = Deadline(context);
        if (!state.TryEnter())
        {
            Refuse(context);
            return;
        }

        try
        {
            await answer(context, deadline.Token);
        }
        finally
        {
            state.Leave();
        }

        await SendAsync(context);
    };

    /// <summary>An endpoint with a JSON body.</summary>
    internal RequestDelegate Guard<T>(JsonTypeInfo<T> type, Func<HttpContext, T, CancellationToken, ValueTask> answer)
        where T : class => async context =>
    {
        using CancellationTokenSource deadline = Deadline(context);
        using (JsonBody body = await JsonBody.ReadAsync(context, options.LargestBody, bodies, deadline.Token))
        {
            if (!state.TryEnter())
            {
                Refuse(context);
                return;
            }

            try
            {
                await answer(context, body.Parse(type), deadline.Token);
            }
            finally
            {
                state.Leave();
            }
        }

        await SendAsync(context);
    };

    // The answer is made, and the time to read it begins anew.
    private async ValueTask SendAsync(HttpContext context)
    {
        using CancellationTokenSource deadline = Deadline(context);
        await JsonAnswer.SendAsync(context, deadline.Token);
    }

    private CancellationTokenSource Deadline(HttpContext context)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        source.CancelAfter(options.RequestTimeout);
        return source;
    }

    private void Refuse(HttpContext context)
    {
        if (state.IsReady)
            Problem.Busy(context, StatusCodes.Status429TooManyRequests, $"{options.MostRequests} requests are under way, as many as this service takes; come back in a second");
        else Problem.Busy(context, StatusCodes.Status503ServiceUnavailable, $"the service is {state.Phase}; come back in a second");
    }
}
