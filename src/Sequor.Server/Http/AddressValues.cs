using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Sequor.Configuration;

namespace Sequor.Server.Http;

/// <summary>Reads what stands in the address of a request.</summary>
internal static class AddressValues
{
    /// <summary>The id in the path, decoded, a slash in it too.</summary>
    /// <exception cref="RequestException">It is too long or holds control characters.</exception>
    internal static string PathId(HttpContext context)
    {
        string id = (string)context.GetRouteValue("id")!;
        // An encoded slash stays encoded in what routing sees, and then "%2F" may also be what was meant.
        if (id.Contains("%2F", StringComparison.OrdinalIgnoreCase))
        {
            const int Segment = 3;
            string[] segments = RawPath(context).Split('/');
            if (segments.Length > Segment) id = Uri.UnescapeDataString(segments[Segment]);
        }

        return RequestRules.Checked("id in the address", id);
    }

    /// <summary>Whether the path stands in the address as it is routed: without dot segments, encoded ones too, or a slash that would be decoded.</summary>
    internal static bool IsNormal(HttpContext context)
    {
        string path = RawPath(context);
        // Behind a scheme and a host the server decodes slashes too.
        if (!context.Features.Get<IHttpRequestFeature>()!.RawTarget.StartsWith('/') && path.Contains("%2F", StringComparison.OrdinalIgnoreCase)) return false;
        if (!path.Contains('.') && !path.Contains("%2e", StringComparison.OrdinalIgnoreCase)) return true;
        foreach (string segment in path.Split('/'))
            if (Uri.UnescapeDataString(segment) is "." or "..") return false;
        return true;
    }

    // The path as it was sent, also behind a scheme and a host.
    private static string RawPath(HttpContext context)
    {
        string target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        int query = target.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0) target = target[..query];
        if (target.StartsWith('/')) return target;
        int host = target.IndexOf("://", StringComparison.Ordinal), path = host < 0 ? -1 : target.IndexOf('/', host + 3);
        return path < 0 ? "/" : target[path..];
    }

    /// <summary>A number of the query string.</summary>
    /// <exception cref="RequestException">It is not a whole number of the range.</exception>
    internal static int Number(HttpContext context, string name, int whenAbsent, int most)
    {
        if (!context.Request.Query.TryGetValue(name, out StringValues values)) return whenAbsent;
        if (int.TryParse(values, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most) return number;
        throw new RequestException(StatusCodes.Status422UnprocessableEntity, $"query.{name}", values, $"must be a whole number in 1 … {most}");
    }

    /// <summary>A text of the query string; empty when absent.</summary>
    /// <exception cref="RequestException">It is too long or holds control characters.</exception>
    internal static string Text(HttpContext context, string name) => RequestRules.Checked($"query.{name}", context.Request.Query[name].ToString(), mayBeEmpty: true);

    /// <summary>Refuses what the query string should not have.</summary>
    /// <exception cref="RequestException">It has an unknown parameter, or one twice.</exception>
    internal static void Allow(HttpContext context, params ReadOnlySpan<string> names)
    {
        if (!context.Request.QueryString.HasValue) return;
        foreach ((string name, StringValues values) in context.Request.Query)
        {
            if (!names.Contains(name))
            {
                string rule = names.Length == 0 ? "this address takes no parameters"
                    : Spelling.Nearest(name, names.ToArray()) is { } near ? $"is not a parameter; did you mean {near}?"
                    : $"must be one of {string.Join(", ", names.ToArray())}";
                throw new RequestException(StatusCodes.Status400BadRequest, $"query.{name}", values, rule);
            }

            if (values.Count > 1) throw new RequestException(StatusCodes.Status400BadRequest, $"query.{name}", values, "stands more than once; leave the others out");
        }
    }
}
