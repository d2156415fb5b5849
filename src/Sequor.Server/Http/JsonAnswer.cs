using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace Sequor.Server.Http;

/// <summary>
/// Writes answers: whole before the first byte is sent, so that its length is known and a failure can still become a problem. Nothing is sent
/// here: that takes as long as the caller likes to read, and is waited for where it keeps no place from others.
/// </summary>
internal static class JsonAnswer
{
    // Titles stay readable; what HTML minds is escaped all the same.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    internal static void Write<T>(HttpContext context, T answer, JsonTypeInfo<T> type, string contentType = "application/json; charset=utf-8")
    {
        ArrayBufferWriter<byte> buffer = t_buffer ??= new ArrayBufferWriter<byte>(16 << 10);
        Utf8JsonWriter writer = t_writer ??= new Utf8JsonWriter(buffer, s_options);
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        JsonSerializer.Serialize(writer, answer, type);
        HttpResponse response = context.Response;
        response.ContentType = contentType;
        response.ContentLength = buffer.WrittenCount;
        response.Headers.CacheControl = "no-store";
        // Into the connection's own memory, so that the buffer is free when this returns.
        response.BodyWriter.Write(buffer.WrittenSpan);
        if (buffer.Capacity > 1 << 20) (t_buffer, t_writer) = (null, null);
    }

    /// <summary>Sends what was written; who has not read it within the time is cut off.</summary>
    internal static async ValueTask SendAsync(HttpContext context, CancellationToken deadline)
    {
        try
        {
            await context.Response.BodyWriter.FlushAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }
}
