namespace Sequor.Server.Contracts;

/// <summary>Why a request was not answered, as RFC 9457 has it (<c>application/problem+json</c>).</summary>
public sealed record ProblemResponse
{
    /// <summary>Kind of the problem; <c>about:blank</c>, the status says it.</summary>
    public string Type { get; init; } = "about:blank";

    /// <summary>The status in words.</summary>
    public required string Title { get; init; }

    /// <summary>HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What went wrong, in a sentence.</summary>
    public required string Detail { get; init; }

    /// <summary>Names the request in traces and logs.</summary>
    public string? TraceId { get; init; }

    /// <summary>What is wrong with which field; absent where no field is to blame.</summary>
    public IReadOnlyList<FieldErrorResponse>? Errors { get; init; }
}

/// <summary>A field of a request that breaks a rule.</summary>
public sealed record FieldErrorResponse
{
    /// <summary>Path of the field, such as <c>history[3].itemId</c>; <c>query.</c> and <c>path.</c> stand before those of the address.</summary>
    public required string Field { get; init; }

    /// <summary>The value as it was sent, shortened; absent where there is none.</summary>
    public string? Value { get; init; }

    /// <summary>What must hold, and what to do.</summary>
    public required string Rule { get; init; }
}
