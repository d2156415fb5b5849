using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Sequor.Server.Contracts;

namespace Sequor.Cli.Load;

/// <summary>
/// Connections to a service, kept alive, HTTP/1.1. Requests block their thread, and sockets are opened blocking: the thread that waits is
/// woken by the system itself, without a detour over an event loop that would cost time and a share of a core.
/// </summary>
internal sealed class LoadClient : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpMessageInvoker invoker;
    private readonly LoadSettings settings;
    private readonly Uri[] nodes;

    public LoadClient(LoadSettings settings)
    {
        this.settings = settings;
        nodes = [settings.Service, .. settings.Nodes];
        invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
            ConnectCallback = (context, _) => ValueTask.FromResult<Stream>(Connect(context.DnsEndPoint.Host, context.DnsEndPoint.Port)),
        });
    }

    /// <summary>The model that the service answers with.</summary>
    /// <exception cref="InvalidInputException">Nothing listens there, it is another service, or it asks for a key.</exception>
    public ModelResponse Model()
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, new Uri(settings.Service, "v1/model"));
        byte[] buffer = new byte[1 << 16];
        Answer answer = Send(request, ref buffer);
        ReadOnlySpan<byte> body = buffer.AsSpan(0, answer.Length);
        if (answer.Failure is { } failure) throw new InvalidInputException($"{settings.Service} does not answer: {failure}; start the service with `sequor serve MODEL`, or mend the address");
        if (answer.Status is 401 or 403) throw new InvalidInputException($"{settings.Service} asks for an API key; give it with --api-key KEY");
        if (answer.Status == 503) throw new InvalidInputException($"{settings.Service} is not ready; try again when {settings.Service}health/ready answers 200");
        try
        {
            if (answer.Status == 200 && JsonSerializer.Deserialize(body, SequorJson.Default.ModelResponse) is { } model) return model;
        }
        catch (JsonException)
        {
            // The sentence below says it.
        }

        throw new InvalidInputException($"GET {request.RequestUri} answers {answer.Status}, not with a model; is it the address of a Sequor service of this version?");
    }

    /// <summary>A user's newest events.</summary>
    /// <exception cref="InvalidInputException">No node shows them.</exception>
    public HistoryResponse History(string user, int limit)
    {
        byte[] buffer = new byte[1 << 16];
        string what = "";
        foreach (Uri node in nodes)
        {
            using HttpRequestMessage request = Request(HttpMethod.Get, new Uri(node, $"v1/users/{Uri.EscapeDataString(user)}/history?limit={limit}"));
            Answer answer = Send(request, ref buffer);
            if (answer.Status == 200) return JsonSerializer.Deserialize(buffer.AsSpan(0, answer.Length), SequorJson.Default.HistoryResponse)!;
            if (answer.Status == 404) return new HistoryResponse { UserId = user, Count = 0, Events = [] };
            what = answer.What;
        }

        throw new InvalidInputException($"the events of user {user} cannot be looked for: {what}");
    }

    /// <summary>A request that is ready to be sent to the next node.</summary>
    /// <param name="kind">What it asks.</param>
    /// <param name="body">Its body.</param>
    /// <param name="turn">Whose turn it is.</param>
    public HttpRequestMessage Post(LoadKind kind, byte[] body, int turn = 0)
    {
        HttpRequestMessage request = Request(HttpMethod.Post, new Uri(nodes[turn % nodes.Length], kind == LoadKind.Events ? "v1/events" : "v1/recommend"));
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = Json;
        return request;
    }

    /// <summary>Sends and reads the whole answer; what befalls the connection is an answer too.</summary>
    /// <param name="request">The request.</param>
    /// <param name="buffer">Receives the body; grows as it must.</param>
    public Answer Send(HttpRequestMessage request, ref byte[] buffer)
    {
        try
        {
            using HttpResponseMessage response = invoker.Send(request, CancellationToken.None);
            using Stream body = response.Content.ReadAsStream();
            int length = 0;
            for (int read; (read = body.Read(buffer.AsSpan(length))) > 0;)
            {
                length += read;
                if (length == buffer.Length) Array.Resize(ref buffer, 2 * length);
            }

            return new Answer((int)response.StatusCode, length, null, "");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return new Answer(0, 0, error.GetBaseException().Message, Befell(error));
        }
    }

    public void Dispose() => invoker.Dispose();

    private HttpRequestMessage Request(HttpMethod method, Uri address)
    {
        var request = new HttpRequestMessage(method, address);
        if (settings.ApiKey is { } key) request.Headers.TryAddWithoutValidation("X-API-Key", key);
        return request;
    }

    private NetworkStream Connect(string host, int port)
    {
        int patience = int.CreateSaturating(settings.Timeout.TotalMilliseconds);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = patience, SendTimeout = patience };
        try
        {
            socket.Connect(host, port);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Befell(Exception error) => error.GetBaseException() is not SocketException socket ? "lost" : socket.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "refused",
        SocketError.TimedOut or SocketError.WouldBlock => "timeout",
        _ => "lost",
    };

    /// <summary>What came back.</summary>
    /// <param name="Status">HTTP status; 0 when none came.</param>
    /// <param name="Length">Bytes of the body.</param>
    /// <param name="Failure">What the system said when none came.</param>
    /// <param name="Befell">One word for it.</param>
    internal readonly record struct Answer(int Status, int Length, string? Failure, string Befell)
    {
        /// <summary>The status, or what befell the connection.</summary>
        public string What => Failure is null ? Status.ToString(CultureInfo.InvariantCulture) : Befell;
    }
}
