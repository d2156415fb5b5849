using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Sequor.Server.Page;

/// <summary>The page at <c>/</c>, on which a person forms a history and sees what the model makes of it.</summary>
internal static class PageEndpoint
{
    // Everything is a file of this service: no inline script or style, nothing from elsewhere, no frame around it.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] s_methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Serves <c>/</c> and the files under <c>/page/</c>; open to everyone, as they hold nothing that is secret.</summary>
    internal static void MapPage(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        Dictionary<string, PageFile> files = PageFile.ReadAll();
        // Modules would be found one behind the other; so they are all on their way with the first answer.
        string modules = string.Join(", ", files.Keys.Where(name => name.EndsWith(".js", StringComparison.Ordinal)).Select(name => $"</page/{name}>; rel=modulepreload"));
        foreach (PageFile file in files.Values)
        {
            bool first = file.Name == "index.html";
            endpoints.MapMethods(first ? "/" : $"/page/{file.Name}", s_methods, context => SendAsync(context, file, first ? modules : null))
                .ExcludeFromDescription().AllowAnonymous();
        }
    }

    private static async Task SendAsync(HttpContext context, PageFile file, string? modules)
    {
        IHeaderDictionary headers = context.Response.Headers;
        (ReadOnlyMemory<byte> bytes, string? encoding) = file.For(Accepts(context.Request, "br"), Accepts(context.Request, "gzip"));
        string tag = encoding is null ? $"\"{file.Hash}\"" : $"\"{file.Hash}-{encoding}\"";
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        // Always asked about, hardly ever sent again: a new version of the service shows at once.
        headers.CacheControl = "no-cache";
        headers.ETag = tag;
        if (modules is not null) headers.Link = modules;
        headers.Vary = HeaderNames.AcceptEncoding;
        if (Holds(context.Request.Headers.IfNoneMatch, tag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        if (encoding is not null) headers.ContentEncoding = encoding;
        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static bool Accepts(HttpRequest request, string encoding) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out IList<StringWithQualityHeaderValue>? accepted)
        && accepted.Any(value => value.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && value.Quality != 0);

    private static bool Holds(StringValues sent, string tag) =>
        EntityTagHeaderValue.TryParseList(sent, out IList<EntityTagHeaderValue>? tags)
        && tags.Any(each => each.Tag == "*" || each.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: false));
}
