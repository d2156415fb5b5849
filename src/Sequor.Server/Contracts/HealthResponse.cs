namespace Sequor.Server.Contracts;

/// <summary>Answer of <c>GET /health/live</c> and <c>/health/ready</c>.</summary>
public sealed record HealthResponse
{
    /// <summary><c>live</c>, <c>ready</c>, <c>loading</c> or <c>draining</c>.</summary>
    public required string Status { get; init; }
}
