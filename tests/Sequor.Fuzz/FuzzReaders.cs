using Sequor.Fuzz.Readers;

namespace Sequor.Fuzz;

/// <summary>All readers by name.</summary>
internal static class FuzzReaders
{
    private static readonly (string Name, Func<Workspace, FuzzReader> Make)[] s_all =
    [
        ("gin", workspace => new GinReader(workspace)),
        ("csv", workspace => new SequenceCsvReading(workspace)),
        ("csv-to-store", workspace => new SequenceCsvImport(workspace)),
        ("items", workspace => new ItemListReader(workspace)),
        ("users", workspace => new UserListReader(workspace)),
        ("values", workspace => new ValueReader(workspace)),
        ("compressed", workspace => new CompressionChecks(workspace)),
        ("archive", workspace => new ArchiveReader(workspace)),
        ("tables", workspace => new TableReader(workspace)),
        ("store", workspace => new StoreReader(workspace)),
        ("safetensors", workspace => new SafetensorsReading(workspace)),
        ("pt", workspace => new PyTorchReading(workspace)),
        ("manifest", workspace => new ManifestReader(workspace)),
        ("items-table", workspace => new ItemTableReader(workspace)),
        ("artifact", workspace => new ArtifactReader(workspace)),
        ("checkpoint", workspace => new CheckpointReader(workspace)),
        ("bodies", workspace => new BodyReader(workspace)),
        ("http", workspace => new HttpReader(workspace)),
        ("answers", workspace => new AnswerReader(workspace)),
        ("packed-events", workspace => new PackedEventsReader(workspace)),
        ("histories", workspace => new HistoryFileReader(workspace)),
    ];

    public static IEnumerable<string> Names => s_all.Select(reader => reader.Name);

    public static FuzzReader Make(string name, Workspace workspace) => s_all.First(reader => reader.Name == name).Make(workspace);
}
