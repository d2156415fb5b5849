using System.Text.Json;
using Sequor.Storage;

namespace Sequor.Artifacts;

/// <summary>An index as a part of an artefact: how the catalogue is searched, and the weights that this was chosen for.</summary>
/// <remarks>
/// Blocks and rows are not stored: building them from the weights, which are read anyway, takes less time than reading them would, let alone verifying them.
/// </remarks>
public sealed record IndexHeader
{
    /// <summary>Name of the folder of indices in the directory of the artefact.</summary>
    public const string FolderName = "index";

    /// <summary>The newest format this program reads, and the one it writes.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>Format of the index.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>Gin name of the method, such as <c>MIPSBruteForceTopK</c>.</summary>
    public required string Method { get; init; }

    /// <summary>What its scans read: <c>float32</c>, <c>bfloat16</c> or <c>int8</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>Catalogue size, X.</summary>
    public required long ItemCount { get; init; }

    /// <summary>Width of the item table, D.</summary>
    public required int EmbeddingDim { get; init; }

    /// <summary>SHA-256 of the weights, in lower-case hexadecimal.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>Path of the index under the artefact, with forward slashes.</summary>
    internal string FileName => $"{FolderName}/{Method}.{Precision}.json";

    /// <summary>Reads an index that the manifest lists and checks that it belongs to this artefact.</summary>
    /// <exception cref="InvalidInputException">It is damaged, of a newer format, or of another model.</exception>
    internal static IndexHeader Read(string directory, ArtifactManifest manifest, ArtifactIndexEntry entry)
    {
        if (manifest.Sha256Of(entry.File) is null)
            throw new InvalidInputException($"{Path.Combine(directory, ArtifactManifest.FileName)} lists the index {entry.File} without its sha256, so it cannot be verified; copy the artefact again");
        IndexHeader header = Parse(Path.Combine(directory, entry.File));
        if ((header.Method, header.Precision) != (entry.Method, entry.Precision))
            throw new InvalidInputException($"{entry.File} is an index {header.Method} in {header.Precision}, the manifest of {directory} says {entry.Method} in {entry.Precision}; copy the artefact again");
        header.Check(manifest, directory);
        return header;
    }

    internal void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, ArtifactJson.Default.IndexHeader));

    /// <summary>Checks that the index is one of these weights.</summary>
    /// <exception cref="InvalidInputException">It is not.</exception>
    internal void Check(ArtifactManifest manifest, string directory)
    {
        string? weights = manifest.Sha256Of(ModelArtifact.WeightsFileName);
        if (!WeightsSha256.Equals(weights, StringComparison.OrdinalIgnoreCase))
            throw new InvalidInputException(
                $"{FileName} is an index of weights with sha256 {WeightsSha256}, but {ModelArtifact.WeightsFileName} in {directory} has {weights ?? "none"}; take the artefact that the index belongs to, or choose anew with `sequor index`");
        if (ItemCount != manifest.ItemCount)
            throw new InvalidInputException($"{FileName} is an index of {ItemCount} items, but {directory} has {manifest.ItemCount}; choose anew with `sequor index`");
    }

    private static IndexHeader Parse(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            // The version comes first: a newer format may lack what this one requires.
            int version = document.RootElement.GetProperty("formatVersion").GetInt32();
            if (version is < 1 or > CurrentFormatVersion)
                throw new InvalidInputException($"{path} has format version {version}; this program reads versions 1 to {CurrentFormatVersion}: use a newer Sequor");
            return document.RootElement.Deserialize(ArtifactJson.Default.IndexHeader) ?? throw new JsonException("it is null");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidInputException($"{path} is not an index of an artefact: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} cannot be read: {error.Message}", error);
        }
    }
}
