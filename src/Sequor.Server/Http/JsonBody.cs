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
    private readonly BodyBudget _budget;

    private JsonBody(byte[] rented, int length, BodyBudget budget) => (_rented, _length, _budget) = (rented, length, budget);

    /// <summary>Reads a body of at most <paramref name="largest"/> bytes; a larger one is refused before it is read.</summary>
    /// <exception cref="RequestException">It is too large, not JSON by its headers, or encoded; or the bodies of others leave no memory for it.</exception>
    internal static async ValueTask<JsonBody> ReadAsync(HttpContext context, int largest, BodyBudget budget, CancellationToken cancellation)
    {
        CheckHeaders(context.Request);
        if (context.Request.ContentLength > largest) throw TooLarge(context, largest);
        long taken = 0;
        try
        {
            while (true)
            {
                (byte[]? rented, long length) = await ReadMoreAsync(context, largest, cancellation);
                if (!budget.TryTake(length - taken))
                {
                    if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
                    throw NoRoom(context);
                }

                taken = length;
                if (rented is null) continue;
                var body = new JsonBody(rented, (int)length, budget);
                taken = 0;
                return body;
            }
        }
        finally
        {
            budget.Return(taken);
        }
    }

    // The whole body if it has come, and how much has.
    private static async ValueTask<(byte[]? Rented, long Length)> ReadMoreAsync(HttpContext context, int largest, CancellationToken cancellation)
    {
        PipeReader reader = context.Request.BodyReader;
        ValueTask<ReadResult> pending = reader.ReadAsync(CancellationToken.None);
        ReadResult read = pending.IsCompleted ? await pending : await Within(pending, reader, cancellation);
        if (read.IsCanceled)
        {
            reader.AdvanceTo(read.Buffer.Start);
            context.RequestAborted.ThrowIfCancellationRequested();
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
            return (rented, length);
        }

        long come = bytes.Length;
        reader.AdvanceTo(bytes.Start, bytes.End);
        return (null, come);
    }

    /// <summary>Reads the value.</summary>
    /// <exception cref="RequestException">It is not JSON, or not of this type; says where, and what is expected.</exception>
    internal T Parse<T>(JsonTypeInfo<T> type)
        where T : class => Parse(_rented.AsMemory(0, _length), type);

    /// <inheritdoc cref="Parse{T}(JsonTypeInfo{T})"/>
    internal static T Parse<T>(ReadOnlyMemory<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize(bytes.Span, type) is { } value) return value;
        }
        catch (JsonException error)
        {
            throw JsonComplaint.Of(bytes, type, error);
        }

        throw new RequestException(StatusCodes.Status400BadRequest, "$", "null", "must be a JSON object");
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_rented);
        _budget.Return(_length);
    }

    // A read that is cancelled by its token leaves Kestrel with a body that it cannot put away.
    private static async ValueTask<ReadResult> Within(ValueTask<ReadResult> pending, PipeReader reader, CancellationToken cancellation)
    {
        using CancellationTokenRegistration end = cancellation.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        return await pending;
    }

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

    private static RequestException NoRoom(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        context.Response.Headers.RetryAfter = "1";
        return new RequestException(StatusCodes.Status429TooManyRequests, null, null, "the bodies that are being read take all the memory that this service gives them; come back in a second");
    }

    // Nobody reads the rest of it, so the connection cannot be used again.
    private static RequestException TooLarge(HttpContext context, int largest)
    {
        context.Response.Headers.Connection = "close";
        string? length = context.Request.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new RequestException(StatusCodes.Status413PayloadTooLarge, "$", length is null ? null : $"{length} bytes", $"must have at most {largest} bytes; send fewer events at a time");
    }
}
