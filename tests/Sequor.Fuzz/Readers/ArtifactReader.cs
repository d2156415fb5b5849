using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Fuzz.Mutation;
using Sequor.Kernels;
using Sequor.Serving;

namespace Sequor.Fuzz.Readers;

/// <summary>
/// Whole artefacts: one file is changed, or is a link to where it should not lead, and the manifest is mostly made to agree with it. What loads answers
/// a question.
/// </summary>
internal sealed class ArtifactReader : FuzzReader
{
    private static readonly string[] s_names =
        ["formatVersion", "creator", "configuration", "itemCount", "files", "name", "length", "sha256", "indices", "method", "precision", "file", "metrics", "epoch", "importedFrom", "weightsSha256", "embeddingDim", "id", "title", "popularity", "attributes", "genre"];

    private static readonly string[] s_settings = [.. GinSettings.All.Select(setting => setting.Name), "include 'x'\n", "include '../canary.gin'\n", "'FuXi-alpha'", "'LiGR'", "'MoL'", "'categorical'", "'features'", "64", "4096"];

    private readonly ArtifactFiles[] _valid;

    public ArtifactReader(Workspace workspace) : base("artifact", workspace) => _valid = [new(workspace, ArtifactFiles.Hstu), new(workspace, ArtifactFiles.SasRec)];

    // A model and an index have parts of fixed size, and the settings are read with a table of all names.
    public override long AllowedBytes(long size) => (8 << 20) + 64 * size;

    public override FuzzInput Make(FuzzRandom random)
    {
        ArtifactFiles valid = random.Of<ArtifactFiles>(_valid);
        var input = new FuzzInput();
        foreach ((string name, byte[] bytes) in valid.Files) input.Files.Add(name, bytes);
        string changed = random.Of<string>([ArtifactManifest.FileName, ArtifactManifest.FileName, ModelArtifact.WeightsFileName, ItemTable.FileName, ItemTable.FileName, ArtifactFiles.Index]);
        if (random.Once(25))
        {
            input.Links.Add(changed, random.Of<string>(Workspace.Traps));
            return input;
        }

        byte[] before = input.Files[changed];
        bool raw = random.Once(6), configuration = changed == ArtifactManifest.FileName && random.Once(2);
        if (raw && changed != ArtifactManifest.FileName) input.Files[changed] = ByteMutator.Mutate(random, before);
        else if (configuration) input.Files[changed] = Settings(random, before);
        else
            input.Files[changed] = changed switch
            {
                ModelArtifact.WeightsFileName => Weights(random, before),
                ItemTable.FileName => Lines(random, before),
                _ => JsonMutator.Mutate(random, before, s_names),
            };
        if (changed != ArtifactManifest.FileName && !random.Once(10)) ArtifactFiles.PutRight(input);
        return input;
    }

    public override void Read(FuzzInput input)
    {
        using Recommender recommender = Recommender.Load(Workspace.Folder, new RecommenderOptions { Workers = WorkerPool.Shared, ConcurrentBatches = 1 });
        int count = recommender.Items.Count;
        var history = new UserEvents(new[] { 1, count, 1 }, new[] { 0L, 978300000, long.MaxValue }, new[] { 1f, 2, 1 });
        IReadOnlyList<Recommendation> found = recommender.Recommend(history, new RecommendationQuery { Count = 3 }).Items;
        foreach (Recommendation one in found) Require(one.ItemIndex >= 1 && one.ItemIndex <= count && float.IsFinite(one.Score), "an answer that is no item, or whose score is no number");
        foreach (long popularity in recommender.Popularity) Require(popularity >= 0, "an item that is less than never popular");
    }

    private static byte[] Settings(FuzzRandom random, byte[] manifest)
    {
        JsonNode root = JsonNode.Parse(manifest)!;
        root["configuration"] = TextMutator.Mutate(random, (string)root["configuration"]!, s_settings);
        try
        {
            return Encoding.UTF8.GetBytes(root.ToJsonString());
        }
        catch (ArgumentException)
        {
            // Half of a letter has no place in UTF-8.
            return manifest;
        }
    }

    private static byte[] Weights(FuzzRandom random, byte[] file)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        byte[] data = file[(8 + length)..];
        if (random.Once(3)) return [.. file[..(8 + length)], .. ByteMutator.Mutate(random, data)];
        byte[] header = JsonMutator.Mutate(random, file.AsSpan(8, length), ["dtype", "shape", "data_offsets", "__metadata__"]), prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. header, .. data];
    }

    private static byte[] Lines(FuzzRandom random, byte[] table)
    {
        string[] lines = Encoding.UTF8.GetString(table).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int at = random.Below(lines.Length);
        byte[] line = JsonMutator.Mutate(random, Encoding.UTF8.GetBytes(lines[at]), s_names);
        return [.. Encoding.UTF8.GetBytes(string.Concat(lines[..at].Select(other => other + "\n"))), .. line, (byte)'\n', .. Encoding.UTF8.GetBytes(string.Concat(lines[(at + (random.Once(6) ? 0 : 1))..].Select(other => other + "\n")))];
    }
}

/// <summary>The manifest and the files that it names, without the model.</summary>
internal sealed class ManifestReader : FuzzReader
{
    private static readonly string[] s_names = ["formatVersion", "files", "name", "length", "sha256", "indices", "../canary.gin", "metrics", "importedFrom"];
    private readonly Dictionary<string, byte[]> _valid;

    public ManifestReader(Workspace workspace) : base("manifest", workspace) => _valid = new ArtifactFiles(workspace, ArtifactFiles.Hstu).Files;

    public override FuzzInput Make(FuzzRandom random)
    {
        var input = new FuzzInput();
        foreach ((string name, byte[] bytes) in _valid) input.Files.Add(name, bytes);
        byte[] manifest = JsonMutator.Mutate(random, input.Files[ArtifactManifest.FileName], s_names);
        if (random.Once(5)) manifest = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(manifest).Replace(ItemTable.FileName, JsonEncodedText.Encode(random.Of<string>(Workspace.Traps)).ToString(), StringComparison.Ordinal));
        if (random.Once(8)) manifest = ByteMutator.Mutate(random, manifest);
        input.Files[ArtifactManifest.FileName] = manifest;
        if (random.Once(100)) input.Links.Add(random.Of<string>([ArtifactManifest.FileName, ItemTable.FileName, ArtifactFiles.Index]), random.Of<string>(Workspace.Traps));
        return input;
    }

    public override void Read(FuzzInput input)
    {
        ArtifactManifest manifest = ArtifactManifest.Read(Workspace.Folder);
        _ = manifest.Configuration.Length + manifest.Creator.Length + manifest.DataName.Length + manifest.Metrics.Count + (manifest.ImportedFrom?.FileName.Length ?? 0) + (manifest.InitializedFrom?.Name.Length ?? 0);
        Require(manifest.Files.All(file => File.Exists(Workspace.At(file.Name))), "a file was verified that is not there");
        foreach (ArtifactIndexEntry entry in manifest.Indices) _ = IndexHeader.Read(Workspace.Folder, manifest, entry).Method.Length;
    }
}

/// <summary>The table of items.</summary>
internal sealed class ItemTableReader(Workspace workspace) : FuzzReader("items-table", workspace)
{
    private const string Valid =
        """
        {"id":"i1","title":"One","popularity":5,"attributes":{"genre":["a","b"],"year":[]}}
        {"id":"i2","title":"","popularity":0,"attributes":{"genre":[],"year":["1999"]}}
        {"id":"é","title":"Two\nlines","popularity":3,"attributes":{"genre":["c"],"year":["2000"]}}

        """;

    private static readonly string[] s_lines = Valid.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public override FuzzInput Make(FuzzRandom random)
    {
        if (random.Once(4)) return FuzzInput.Of(ItemTable.FileName, TextMutator.MutateBytes(random, Valid, ["\"id\"", "\"title\"", "\n", "{", "null"]));
        var bytes = new List<byte>();
        int changed = random.Below(s_lines.Length);
        for (int i = 0; i < s_lines.Length; i++)
        {
            byte[] line = Encoding.UTF8.GetBytes(s_lines[i]);
            bytes.AddRange(i == changed ? JsonMutator.Mutate(random, line, ["id", "title", "popularity", "attributes", "genre", "year"]) : line);
            bytes.Add((byte)'\n');
        }

        return FuzzInput.Of(ItemTable.FileName, [.. bytes]);
    }

    public override void Read(FuzzInput input)
    {
        foreach (ItemRow row in ItemTable.Read(Workspace.At(ItemTable.FileName)))
        {
            Require(row.Popularity >= 0, "an item that is less than never popular");
            _ = row.Id.Length + row.Title.Length + (row.Attributes?.Sum(attribute => attribute.Key.Length + attribute.Value.Sum(value => value.Length)) ?? 0);
        }
    }
}
