namespace Sequor.Artifacts;

/// <summary>The file whose weights an artefact was made of, when another program trained them.</summary>
public sealed record ArtifactOrigin
{
    /// <summary>Name of the file, without its folder.</summary>
    public required string FileName { get; init; }

    /// <summary>SHA-256 of the file in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Which row of its item table belonged to an item.</summary>
    public required ItemRowRule ItemRows { get; init; }
}
