using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sequor.Fuzz.Mutation;
using Sequor.Server;
using Sequor.Server.Contracts;
using Sequor.Server.Http;

namespace Sequor.Fuzz.Readers;

/// <summary>Valid requests of the service, and what its bodies are made of.</summary>
internal static class Requests
{
    public static readonly string[] Names =
        ["userId", "history", "itemId", "timestamp", "rating", "k", "at", "includeSeen", "exclude", "allow", "where", "attribute", "anyOf", "noneOf", "diversity", "most", "topKMethod", "explain", "events", "eventId"];

    public static readonly byte[][] Recommend =
    [
        """{"history":["i1","i2"],"k":3}"""u8.ToArray(),
        """{"history":[{"itemId":"i1","timestamp":978300019,"rating":4},{"itemId":"i3","timestamp":978300020,"rating":2.5}],"k":2,"at":978300100,"includeSeen":true,"exclude":["i4"],"where":[{"attribute":"genre","anyOf":["a"],"noneOf":["c"]}],"diversity":{"attribute":"genre","most":1},"explain":true}"""u8.ToArray(),
        """{"userId":"u","k":5,"allow":["i1","i2","i3"],"topKMethod":"MIPSBruteForceTopK"}"""u8.ToArray(),
    ];

    public static readonly byte[][] Events = ["""{"userId":"u","events":[{"itemId":"i1","timestamp":978300019,"rating":4,"eventId":"e1"},{"itemId":"i2"}]}"""u8.ToArray()];
}

/// <summary>Bodies of requests as far as the rules that they must keep.</summary>
internal sealed class BodyReader(Workspace workspace) : FuzzReader("bodies", workspace)
{
    private readonly RequestRules _rules = new(new ServerOptions { ModelDirectory = "", HistoriesPath = "" });

    // A list of nulls or of empty objects is six bytes an event.
    public override long AllowedBytes(long size) => (1 << 20) + 128 * size;

    public override bool IsRefusal(Exception error) => error is RequestException { Status: 400 or 422 };

    public override FuzzInput Make(FuzzRandom random)
    {
        bool events = random.Once(3);
        byte[] valid = random.Of<byte[]>(events ? Requests.Events : Requests.Recommend);
        return FuzzInput.Of(events ? "events" : "", random.Once(5) ? ByteMutator.Mutate(random, valid) : JsonMutator.Mutate(random, valid, Requests.Names));
    }

    public override void Read(FuzzInput input)
    {
        if (input.Files.TryGetValue("events", out byte[]? body)) _rules.Check(Parse(body, SequorJson.Default.EventsRequest), now: 1_700_000_000);
        else _rules.Check(Parse(input.Bytes, SequorJson.Default.RecommendRequest));
    }

    private static T Parse<T>(byte[] bytes, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class => JsonBody.Parse(bytes, type);
}

/// <summary>Whole requests to the service: address, query, headers and body, through everything but the socket.</summary>
internal sealed class HttpReader : FuzzReader
{
    private static readonly (string Method, string Path, string Query)[] s_gets =
    [
        ("GET", "/v1/items", "?query=title&count=3"), ("GET", "/v1/items/i1/similar", "?count=3"), ("GET", "/v1/users", "?count=2"), ("GET", "/v1/users/u/history", "?limit=3"), ("DELETE", "/v1/users/u", ""),
        ("GET", "/v1/model", ""), ("GET", "/healthz", ""), ("GET", "/", ""), ("HEAD", "/v1/model", ""), ("GET", "/openapi/v1.json", ""), ("POST", "/v1/model/reload", ""),
    ];

    private readonly WebApplication _app;
    private readonly DirectServer _server = new();

    public HttpReader(Workspace workspace) : base("http", workspace)
    {
        string model = workspace.At("served");
        foreach ((string name, byte[] bytes) in new ArtifactFiles(workspace, ArtifactFiles.Hstu).Files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(model, name))!);
            File.WriteAllBytes(Path.Combine(model, name), bytes);
        }

        _app = SequorServer.Create(new ServerOptions { ModelDirectory = model, HistoriesPath = workspace.At("histories.db") }, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<IServer>(_server);
        });
        _app.StartAsync().GetAwaiter().GetResult();
    }

    public override bool IsRefusal(Exception error) => false;

    // The pipeline, the batch and the answer have parts of fixed size.
    public override long AllowedBytes(long size) => (8 << 20) + 128 * size;

    public override FuzzInput Make(FuzzRandom random)
    {
        string path = "/v1/recommend", query = "", method = "POST";
        byte[] body = [];
        switch (random.Below(4))
        {
            case 0:
                (method, path, query) = random.Of<(string, string, string)>(s_gets);
                if (random.Once(2)) path = TextMutator.Mutate(random, path, ["/", "%2e", "%00", "i2", "similar"]);
                if (random.Once(2)) query = TextMutator.Mutate(random, query, ["&", "=", "count", "query", "%ff", "limit"]);
                break;
            case 1:
                path = "/v1/events";
                body = JsonMutator.Mutate(random, random.Of<byte[]>(Requests.Events), Requests.Names);
                break;
            default: body = JsonMutator.Mutate(random, random.Of<byte[]>(Requests.Recommend), Requests.Names); break;
        }

        if (random.Once(10)) body = ByteMutator.Mutate(random, body);
        FuzzInput input = FuzzInput.Of(body);
        foreach ((string name, string value) in new[] { (":method", method), (":path", path.StartsWith('/') ? path : "/" + path), (":query", query.Length == 0 || query.StartsWith('?') ? query : "?" + query), ("Content-Type", "application/json"), ("Host", "127.0.0.1") })
            input.Fields.Add(name, random.Once(60) && name[0] != ':' ? TextMutator.Mutate(random, value, ["utf-8", ";", "charset="]) : value);
        if (random.Once(40)) input.Fields.TryAdd(random.Of<string>(["Authorization", "X-API-Key", "Accept-Encoding", "Content-Encoding", "Origin", "traceparent", "Sec-Fetch-Site"]), random.Of<string>(Extremes.Words));
        return input;
    }

    public override void Read(FuzzInput input)
    {
        (int status, byte[] body, string? type) = _server.Send(
            input.Fields[":method"], input.Fields[":path"], input.Fields[":query"], input.Bytes, input.Fields.Where(header => header.Key[0] != ':').Select(header => (header.Key, header.Value)));
        Require(status is 200 or 204 or 304 or 400 or 403 or 404 or 405 or 413 or 415 or 421 or 422, $"status {status}: {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(400, body.Length)))}");
        if (status >= 400 && body.Length > 0) Require(type == "application/problem+json" && IsJson(body), $"a refusal {status} that is no problem document");
    }

    public override void Dispose()
    {
        _app.StopAsync().GetAwaiter().GetResult();
        ((IDisposable)_app).Dispose();
        base.Dispose();
    }

    private static bool IsJson(byte[] body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.ValueKind == JsonValueKind.Object;
    }
}
