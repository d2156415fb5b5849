using Sequor.Retrieval;

namespace Sequor.Server;

/// <summary>Settings of the service.</summary>
public sealed record ServerOptions
{
    /// <summary>Directory of the artefact.</summary>
    public required string ModelDirectory { get; init; }

    /// <summary>Prepared data whose users are taken in when the file of histories is made; null begins without users.</summary>
    public string? DataPath { get; init; }

    /// <summary>File of the histories (SQLite).</summary>
    public required string HistoriesPath { get; init; }

    /// <summary>Address to listen on; the loopback interface by default.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Names, without port, under which callers reach the service besides those of this machine: those of a proxy before it.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Hashes of the API keys (<c>sha256:</c> and 64 hexadecimal digits); when empty no key is asked for.</summary>
    public IReadOnlyList<string> ApiKeyHashes { get; init; } = [];

    /// <summary>Allows an address that others can reach without API keys.</summary>
    public bool Insecure { get; init; }

    /// <summary>Ways to search, the default first; when empty the model's own.</summary>
    public IReadOnlyList<TopKMethod> TopKMethods { get; init; } = [];

    /// <summary>What the indices keep for their scans; as the artefact says when null.</summary>
    public IndexPrecision? Precision { get; init; }

    /// <summary>Takes up a new artefact in the directory without being asked.</summary>
    public bool Watch { get; init; }

    /// <summary>Memory of the keys and values of users, in bytes; the users that asked last keep theirs.</summary>
    public long CacheBytes { get; init; } = 512L << 20;

    /// <summary>Largest k.</summary>
    public int MostResults { get; init; } = 1000;

    /// <summary>Events of a request at most.</summary>
    public int MostEvents { get; init; } = 10_000;

    /// <summary>Largest body, in bytes.</summary>
    public int LargestBody { get; init; } = 2 << 20;

    /// <summary>Requests under way at most; others are told to come back (429).</summary>
    public int MostRequests { get; init; } = 256;

    /// <summary>Time that a request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where traces and metrics are sent (OTLP); only where the environment's <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says when null.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>Time that requests under way are given when the service ends.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
