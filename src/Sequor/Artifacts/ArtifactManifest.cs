using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sequor.Storage;

namespace Sequor.Artifacts;

/// <summary>What an artefact is: the settings of its model, the data it learned from, what it scored, and the hash of every file.</summary>
/// <remarks>What a manifest leaves out is empty: the generated reader hands null to a property whose value is absent.</remarks>
public sealed record ArtifactManifest
{
    /// <summary>Name of the manifest in the directory of the artefact.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The newest format this program reads, and the one it writes.</summary>
    public const int CurrentFormatVersion = 1;

    private const int LargestManifest = 16 << 20;

    /// <summary>Format of the artefact.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>Name and version of the program that wrote it.</summary>
    public required string Creator { get; init; }

    /// <summary>Every setting of the experiment, as gin text.</summary>
    public required string Configuration { get; init; }

    /// <summary>Number of items, padding not counted.</summary>
    public required long ItemCount { get; init; }

    /// <summary>Name of the data set.</summary>
    public required string DataName { get; init; }

    /// <summary>Fingerprint of the prepared data, tie order included.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Evaluation protocol of the metrics: <c>reference</c>, <c>validation</c> or <c>temporal</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Epoch of the parameters.</summary>
    public required int Epoch { get; init; }

    /// <summary>Metrics at that epoch by name, such as <c>hr@10</c>.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init => field = value ?? new Dictionary<string, double>(); } = new Dictionary<string, double>();

    /// <summary>Where the weights came from, if they were imported.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactOrigin? ImportedFrom { get; init; }

    /// <summary>The model that the training went on from, if it did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InitialModel? InitializedFrom { get; init; }

    /// <summary>The indices that were chosen for the model, the default first; none for one that nobody chose an index for.</summary>
    public IReadOnlyList<ArtifactIndexEntry> Indices { get; init => field = value ?? []; } = [];

    /// <summary>The other files of the artefact; <see cref="Write"/> fills it in.</summary>
    public IReadOnlyList<ArtifactFile> Files { get; init => field = value ?? []; } = [];

    /// <summary>Hashes every file of the directory and writes the manifest last; returns it with <see cref="Files"/>.</summary>
    public ArtifactManifest Write(string directory)
    {
        string[] names = [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(directory, path).Replace('\\', '/'))
            .Where(name => name != FileName)
            .Order(StringComparer.Ordinal)];
        ArtifactManifest complete = this with { FormatVersion = CurrentFormatVersion, Files = [.. names.Select(name => Describe(directory, name))] };
        AtomicFile.Write(Path.Combine(directory, FileName), stream =>
            JsonSerializer.Serialize(stream, complete, ArtifactJson.Default.ArtifactManifest));
        return complete;
    }

    /// <summary>
    /// Adds an index to an artefact as its first, hence its default, or replaces the one of the same method and precision: its file appears whole, then the manifest that names it.
    /// </summary>
    /// <exception cref="InvalidInputException">The directory is no artefact, is damaged or holds other weights, or the system refuses.</exception>
    public static ArtifactManifest AddIndex(string directory, IndexHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArtifactManifest manifest = Read(directory);
        header.Check(manifest, directory);
        var entry = new ArtifactIndexEntry { Method = header.Method, Precision = header.Precision, File = header.FileName };
        header.Write(Path.Combine(directory, entry.File));
        ArtifactManifest complete = manifest with
        {
            Indices = [entry, .. manifest.Indices.Where(index => index.File != entry.File)],
            Files = [.. manifest.Files.Where(file => file.Name != entry.File).Append(Describe(directory, entry.File)).OrderBy(file => file.Name, StringComparer.Ordinal)],
        };
        AtomicFile.Write(Path.Combine(directory, FileName), stream => JsonSerializer.Serialize(stream, complete, ArtifactJson.Default.ArtifactManifest));
        return complete;
    }

    /// <summary>SHA-256 of a file as the manifest has it; null for one that it does not name.</summary>
    internal string? Sha256Of(string name) => Files.FirstOrDefault(file => file.Name == name)?.Sha256;

    /// <summary>Reads the manifest and verifies the length and hash of every file it names.</summary>
    /// <exception cref="InvalidInputException">The directory is not an artefact, is of a newer format, or is damaged.</exception>
    public static ArtifactManifest Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        try
        {
            ArtifactManifest manifest = Parse(InnerFile.Find(directory, FileName));
            foreach (ArtifactFile file in manifest.Files) Verify(directory, path, file);
            return manifest;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException($"{path} does not exist: name a directory that `sequor train` wrote", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{directory} cannot be read: {error.Message}", error);
        }
    }

    private static ArtifactManifest Parse(string path)
    {
        using FileStream stream = File.OpenRead(path);
        if (stream.Length > LargestManifest)
        {
            throw new InvalidInputException($"{path} has {stream.Length} bytes; a manifest has at most {LargestManifest}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false });
            // The version comes first: a newer format may lack what this one requires.
            int version = document.RootElement.GetProperty("formatVersion").GetInt32();
            if (version is < 1 or > CurrentFormatVersion)
            {
                throw new InvalidInputException($"{path} has format version {version}; this program reads versions 1 to {CurrentFormatVersion}: use a newer Sequor");
            }

            ArtifactManifest? manifest = document.RootElement.Deserialize(ArtifactJson.Default.ArtifactManifest);
            // The serializer respects that a list may not be null, not that its elements may not.
            if (manifest is null || manifest.Files.Any(file => file is null) || manifest.Indices.Any(index => index is null)) throw new JsonException("an entry is null");
            return manifest;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidInputException($"{path} is not a manifest of an artefact: {error.Message}", error);
        }
    }

    private static void Verify(string directory, string path, ArtifactFile expected)
    {
        if (!StaysInside(expected.Name))
        {
            throw new InvalidInputException($"{path} names the file \"{expected.Name}\": a name must stay inside the artefact");
        }

        if (!File.Exists(Path.Combine(directory, expected.Name))) throw Damaged(expected.Name, "is missing");
        long length = new FileInfo(InnerFile.Find(directory, expected.Name)).Length;
        if (length != expected.Length) throw Damaged(expected.Name, $"has {length} bytes, manifest says {expected.Length}");
        ArtifactFile actual = Describe(directory, expected.Name);
        if (!actual.Sha256.Equals(expected.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw Damaged(expected.Name, $"has sha256 {actual.Sha256}, manifest says {expected.Sha256}");
        }

        InvalidInputException Damaged(string name, string finding) =>
            new($"{name} {finding}; the artefact {directory} is damaged: copy it again");
    }

    private static ArtifactFile Describe(string directory, string name)
    {
        using FileStream stream = File.OpenRead(Path.Combine(directory, name));
        return new ArtifactFile { Name = name, Length = stream.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(stream)) };
    }

    private static bool StaysInside(string name) =>
        name.Split('/').All(part =>
            part.Length > 0 && part is not ("." or "..") && !part.Any(character => character is '\\' or ':' || char.IsControl(character)));
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ArtifactManifest))]
[JsonSerializable(typeof(IndexHeader))]
internal sealed partial class ArtifactJson : JsonSerializerContext;
