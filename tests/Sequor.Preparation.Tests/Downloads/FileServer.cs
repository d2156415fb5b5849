using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sequor.Preparation.Tests.Downloads;

/// <summary>An HTTP server for one file on a free port: it keeps what was asked and can break off, which a proper server would not.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly List<string> requests = [];
    private readonly Thread thread;

    public FileServer(byte[] content)
    {
        Content = content;
        listener.Start();
        thread = new Thread(Serve) { IsBackground = true };
        thread.Start();
    }

    public byte[] Content { get; set; }

    public string? Tag { get; set; } = "\"one\"";

    public bool HasRanges { get; set; } = true;

    /// <summary>Status line of every answer instead of the file.</summary>
    public string? Status { get; set; }

    /// <summary>Bytes of the body after which each of the next answers breaks off.</summary>
    public Queue<int> BreakOffs { get; } = new();

    public int AlwaysBreakOffAt { get; set; } = int.MaxValue;

    /// <summary>The Range header of every request, with If-Range behind it; empty without.</summary>
    public string[] Ranges
    {
        get { lock (requests) return [.. requests]; }
    }

    public Uri Address(string name) => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/{name}");

    public void Dispose()
    {
        listener.Stop();
        thread.Join();
    }

    private void Serve()
    {
        try
        {
            while (true)
            {
                using TcpClient client = listener.AcceptTcpClient();
                try
                {
                    Answer(client.GetStream());
                }
                catch (IOException)
                {
                    // The client has gone: it was cancelled.
                }
            }
        }
        catch (SocketException)
        {
            // Stopped.
        }
    }

    private void Answer(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, false, 1024, leaveOpen: true);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        reader.ReadLine();
        while (reader.ReadLine() is { Length: > 0 } line) headers[line.Split(": ", 2)[0]] = line.Split(": ", 2)[1];
        string range = headers.GetValueOrDefault("Range", ""), condition = headers.GetValueOrDefault("If-Range", "");
        lock (requests) requests.Add($"{range} {condition}".Trim());
        if (Status is not null)
        {
            Send(stream, $"{Status}\r\nContent-Length: 0\r\n", []);
            return;
        }

        int from = range.Length > 0 && HasRanges && condition == Tag ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
        byte[] body = Content[from..];
        string head = from > 0
            ? $"206 Partial Content\r\nContent-Range: bytes {from}-{Content.Length - 1}/{Content.Length}\r\n"
            : "200 OK\r\n";
        if (Tag is not null) head += $"ETag: {Tag}\r\n";
        int sent = Math.Min(BreakOffs.TryDequeue(out int count) ? count : AlwaysBreakOffAt, body.Length);
        Send(stream, $"{head}Content-Length: {body.Length}\r\n", body.AsSpan(0, sent));
    }

    private static void Send(NetworkStream stream, string head, ReadOnlySpan<byte> body)
    {
        stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}Connection: close\r\n\r\n"));
        stream.Write(body);
    }
}
