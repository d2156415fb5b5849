using System.Globalization;
using System.Text.Json;
using Sequor.Artifacts;
using Sequor.Storage;

namespace Sequor.Training;

/// <summary>
/// The folder of a run: <c>config.gin</c> (every setting, as resolved), <c>metrics.jsonl</c> (a line an epoch, and a line every
/// eval_interval steps), <c>log.txt</c>, the artefacts <c>best/</c> and <c>last/</c>, and <c>checkpoints/</c>.
/// </summary>
public sealed class RunDirectory : IDisposable
{
    private readonly StreamWriter _metrics;
    private readonly StreamWriter _log;

    private RunDirectory(string path, StreamWriter metrics, StreamWriter log) => (Path, _metrics, _log) = (path, metrics, log);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Weights of the best epoch so far.</summary>
    public string Best => System.IO.Path.Combine(Path, "best");

    /// <summary>Weights of the last epoch.</summary>
    public string Last => System.IO.Path.Combine(Path, "last");

    /// <summary>Begins a run in a new or empty folder.</summary>
    /// <exception cref="InvalidInputException">The folder holds something, or cannot be written.</exception>
    public static RunDirectory Create(string path, string configuration)
    {
        try
        {
            if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
                throw new InvalidInputException($"{path} is not empty: a run writes into a new folder; choose another --out or remove it");
            Directory.CreateDirectory(path);
            AtomicFile.Write(System.IO.Path.Combine(path, "config.gin"), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(configuration)));
            return new RunDirectory(path, Append(path, "metrics.jsonl"), Append(path, "log.txt"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} cannot be written: {error.Message.TrimEnd('.')}; choose another --out", error);
        }
    }

    /// <summary>The folder of a run that another process writes: whatever is written here goes nowhere.</summary>
    internal static RunDirectory OfAnother(string path) => new(path, StreamWriter.Null, StreamWriter.Null);

    /// <summary>The artefact that a path means: a run's best epoch, or the artefact itself.</summary>
    /// <exception cref="InvalidInputException">It is neither.</exception>
    public static string FindModel(string runOrModel)
    {
        ArgumentNullException.ThrowIfNull(runOrModel);
        string best = System.IO.Path.Combine(runOrModel, "best");
        if (File.Exists(System.IO.Path.Combine(runOrModel, ArtifactManifest.FileName))) return runOrModel;
        if (File.Exists(System.IO.Path.Combine(best, ArtifactManifest.FileName))) return best;
        throw new InvalidInputException($"{runOrModel} holds neither a run ({System.IO.Path.Combine("best", ArtifactManifest.FileName)}) nor a model ({ArtifactManifest.FileName}); name a folder that `sequor train` wrote");
    }

    /// <summary>Folder of a kept checkpoint.</summary>
    public string Checkpoint(int epoch) => System.IO.Path.Combine(Path, "checkpoints", string.Create(CultureInfo.InvariantCulture, $"epoch-{epoch:D4}"));

    /// <summary>Appends a line of names and numbers to <c>metrics.jsonl</c>.</summary>
    public void WriteMetrics(IEnumerable<KeyValuePair<string, double>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            foreach (var (name, value) in values)
            {
                if (value == Math.Floor(value) && Math.Abs(value) < 1e15) json.WriteNumber(name, (long)value);
                else json.WriteNumber(name, value);
            }
            json.WriteEndObject();
        }
        _metrics.WriteLine(System.Text.Encoding.UTF8.GetString(memory.ToArray()));
        _metrics.Flush();
    }

    /// <summary>Appends a line with the time to <c>log.txt</c>.</summary>
    public void Log(string message)
    {
        _log.WriteLine($"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm:ss}Z {message}");
        _log.Flush();
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _metrics.Dispose();
        _log.Dispose();
    }

    private static StreamWriter Append(string path, string name) => new(System.IO.Path.Combine(path, name), append: true);
}
