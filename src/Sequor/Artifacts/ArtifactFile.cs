namespace Sequor.Artifacts;

/// <summary>A file of an artefact as the manifest remembers it.</summary>
public sealed record ArtifactFile
{
    /// <summary>Path under the artefact, with forward slashes.</summary>
    public required string Name { get; init; }

    /// <summary>Length in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>SHA-256 in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }
}
