using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sequor.Server.Http;

/// <summary>
/// Who may ask: callers with a key, where keys are asked for. And what browsers may be made to ask by the pages of others: nothing, by the name under
/// which they reach the service and by the origin that they say.
/// </summary>
internal sealed class Admission(RequestDelegate next, ServerOptions options, ApiKeys keys)
{
    private readonly bool _loopback = ListenAddress.Of(options.Host).IsLoopback;
    private readonly HashSet<string> _allowed = new(options.AllowedHosts, StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        Endpoint? endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<ContentPolicy>() is { } policy) headers.ContentSecurityPolicy = policy.Value;
        HttpRequest request = context.Request;
        // What the address says and what it is routed to would be two things.
        if (!AddressValues.IsNormal(context)) return Refuse(context, StatusCodes.Status400BadRequest, "the address must be a path as it is routed: without . or .. between slashes, and without a host before an encoded slash");
        // A page of another site whose name was made to mean this machine says that name.
        if (_loopback && !IsLocal(request.Host.Host) && !_allowed.Contains(request.Host.Host))
            return Refuse(context, StatusCodes.Status421MisdirectedRequest, "this service answers to localhost, to 127.0.0.1, and to the names that --allowed-host adds");
        if (request.Headers.Origin is [{ } origin, ..] && !HttpMethods.IsGet(request.Method) && !IsOwn(origin, request.Host))
            return Refuse(context, StatusCodes.Status403Forbidden, "pages of other origins may not ask this");
        if (!keys.AreAsked || endpoint?.Metadata.GetMetadata<WithoutKey>() is not null || keys.Admit(request)) return next(context);
        headers.WWWAuthenticate = "Bearer";
        return Refuse(context, StatusCodes.Status401Unauthorized, ApiKeys.IsShown(request)
            ? "this key is not known"
            : "an API key is needed: send it as X-API-Key, or as Authorization: Bearer");
    }

    private static Task Refuse(HttpContext context, int status, string detail)
    {
        Problem.Write(context, status, detail);
        return Task.CompletedTask;
    }

    private static bool IsLocal(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    private bool IsOwn(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && (uri.Authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase) || _allowed.Contains(uri.Host));
}
