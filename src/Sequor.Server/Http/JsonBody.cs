using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Sequor.Server.Http;

/// <summary>The bytes of a request, in rented memory.</summary>
internal readonly struct JsonBody : IDisposable
{
    private readonly byte[] _rented;
    private readonly int _length;

    private JsonBody(byte[] rented, int length) => (_rented, _length) = (rented, length);

    /// <summary>Reads a body of at most <paramref name="largest"/> bytes; a larger one is refused before it is read.</summary>
    /// <exception cref="RequestException">It is too large, not JSON by its headers, or encoded.</exception>
    internal static async ValueTask<JsonBody> ReadAsync(HttpContext context, int largest, CancellationToken cancellation)
    {
        CheckHeaders(context.Request);
        if (context.Request.ContentLength > largest) throw TooLarge(context, largest);
        PipeReader reader = context.Request.BodyReader;
        while (true)
        {
            ReadResult read;
            try
            {
                read = await reader.ReadAsync(cancellation);
            }
            catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
            {
                context.Response.Headers.Connection = "close";
                throw new RequestException(StatusCodes.Status408RequestTimeout, null, null, "the body did not come within the time that a request may take; send it faster");
            }

            ReadOnlySequence<byte> bytes = read.Buffer;
            if (bytes.Length > largest) throw TooLarge(context, largest);
            if (read.IsCompleted)
            {
                int length = (int)bytes.Length;
                byte[] rented = ArrayPool<byte>.Shared.Rent(length);
                bytes.CopyTo(rented);
                // From here on the sequence is not the caller's, its length included.
                reader.AdvanceTo(bytes.End);
                return new JsonBody(rented, length);
            }

            reader.AdvanceTo(bytes.Start, bytes.End);
        }
    }

    /// <summary>Reads the value.</summary>
    /// <exception cref="RequestException">It is not JSON, or not of this type; says where, and what is expected.</exception>
    internal T Parse<T>(JsonTypeInfo<T> type)
        where T : class
    {
        ReadOnlySpan<byte> bytes = _rented.AsSpan(0, _length);
        try
        {
            if (JsonSerializer.Deserialize(bytes, type) is { } value) return value;
        }
        catch (JsonException error)
        {
            throw JsonComplaint.Of(_rented.AsMemory(0, _length), type, error);
        }

        throw new RequestException(StatusCodes.Status400BadRequest, "$", "null", "must be a JSON object");
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_rented);

    private static void CheckHeaders(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "header.Content-Type", request.ContentType, "must be application/json");
        if (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase))
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "header.Content-Type", request.ContentType, "must have no charset but utf-8");
        string? encoding = request.Headers.ContentEncoding;
        if (string.IsNullOrEmpty(encoding) || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)) return;
        request.HttpContext.Response.Headers.AcceptEncoding = "identity";
        throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "header.Content-Encoding", encoding, "must be absent; send the body as it is");
    }

    // Nobody reads the rest of it, so the connection cannot be used again.
    private static RequestException TooLarge(HttpContext context, int largest)
    {
        context.Response.Headers.Connection = "close";
        string? length = context.Request.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new RequestException(StatusCodes.Status413PayloadTooLarge, "$", length is null ? null : $"{length} bytes", $"must have at most {largest} bytes; send fewer events at a time");
    }
}
