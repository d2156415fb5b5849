namespace Sequor.Artifacts;

/// <summary>An index of an artefact as the manifest lists it; its file says more (<see cref="IndexHeader"/>).</summary>
public sealed record ArtifactIndexEntry
{
    /// <summary>Gin name of the method, such as <c>MIPSBruteForceTopK</c>.</summary>
    public required string Method { get; init; }

    /// <summary>What its scans read: <c>float32</c>, <c>bfloat16</c> or <c>int8</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>Path of its file under the artefact, with forward slashes.</summary>
    public required string File { get; init; }
}
