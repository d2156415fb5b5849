using Sequor.Configuration;
using Sequor.Data;

namespace Sequor.Cli.Bench;

/// <summary>What a benchmark runs on: a store that the user names, or one of a shape, made up in the temporary folder and removed.</summary>
internal sealed class BenchData : IDisposable
{
    private readonly string? folder;

    private BenchData(SequenceStore store, string name, string? folder) => (Store, Name, this.folder) = (store, name, folder);

    public SequenceStore Store { get; }

    public string Name { get; }

    public static BenchData Open(string? data, string? shape, ExperimentConfig config)
    {
        if (data is not null) return new BenchData(SequenceStore.Open(data), data, null);
        return Generate(BenchShape.Find(shape ?? (BenchShape.Known.Any(known => known.Name == config.DatasetName) ? config.DatasetName : "ml-1m")), config.Training.BatchSize);
    }

    public static BenchData Generate(BenchShape shape, int batchSize)
    {
        string folder = Directory.CreateTempSubdirectory("sequor-bench-").FullName;
        try
        {
            string path = Path.Combine(folder, "bench.sequor");
            shape.Write(path, batchSize, seed: 1);
            return new BenchData(SequenceStore.Open(path), shape.Name, folder);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public void Dispose()
    {
        Store.Dispose();
        if (folder is not null) Directory.Delete(folder, recursive: true);
    }
}
