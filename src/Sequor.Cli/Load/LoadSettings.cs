namespace Sequor.Cli.Load;

/// <summary>What a run of <c>sequor load</c> sends, apart from how fast.</summary>
internal sealed record LoadSettings
{
    /// <summary>Address of the service, such as <c>http://127.0.0.1:8080</c>.</summary>
    public required Uri Service { get; init; }

    /// <summary>Addresses of further nodes of its cluster; requests go to all in turn.</summary>
    public IReadOnlyList<Uri> Nodes { get; init; } = [];

    /// <summary>Time for which a request is sent again, to one node after the other, while it is answered 503 or not at all; never when zero.</summary>
    public TimeSpan Retry { get; init; }

    /// <summary>Whether the events are looked for afterwards.</summary>
    public bool Verify { get; init; }

    /// <summary>What the requests ask.</summary>
    public required LoadKind Kind { get; init; }

    /// <summary>Results wanted a request.</summary>
    public required int K { get; init; }

    /// <summary>Share of requests that bring an event, 0 … 1, where <see cref="Kind"/> has events.</summary>
    public required double AppendShare { get; init; }

    /// <summary>Newest events of a history that a request carries; what the model looks at when null.</summary>
    public required int? HistoryLength { get; init; }

    /// <summary>Seconds that count.</summary>
    public required double Duration { get; init; }

    /// <summary>Seconds before them that do not.</summary>
    public required double Warmup { get; init; }

    /// <summary>Connections at most; by the rate when null.</summary>
    public required int? Connections { get; init; }

    /// <summary>Time that an answer may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Where the draws of times, users and cuts begin.</summary>
    public required int Seed { get; init; }

    /// <summary>API key; null where none is asked for.</summary>
    public required string? ApiKey { get; init; }
}
