using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Sequor.Artifacts;
using Sequor.Kernels;
using Sequor.Storage;
using Sequor.Training.Checkpoints;
using Sequor.Training.Events;

namespace Sequor.Training;

/// <summary>
/// The folder of a run: <c>config.gin</c> (every setting, as resolved), <c>metrics.jsonl</c> (a line an epoch, and a line every
/// eval_interval steps), the same for TensorBoard (<c>events.out.tfevents.…</c>), <c>log.txt</c>, the artefacts <c>best/</c> and <c>last/</c>, and
/// <c>checkpoints/</c>. One process at a time writes there.
/// </summary>
public sealed class RunDirectory : IDisposable
{
    private const string MetricsFileName = "metrics.jsonl";
    private const string LogFileName = "log.txt";
    private readonly RunLock? _lock;
    private readonly LineFile? _metrics, _log;
    private RunEvents? _events;

    private RunDirectory(string path, RunLock? runLock)
    {
        (Path, _lock) = (path, runLock);
        if (runLock is null) return;
        _metrics = LineFile.Open(System.IO.Path.Combine(path, MetricsFileName));
        _log = LineFile.Open(System.IO.Path.Combine(path, LogFileName));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Whether this process writes it; of several that train together one does, and what the others write goes nowhere.</summary>
    internal bool IsOwn => _lock is not null;

    /// <summary>Weights of the best epoch so far.</summary>
    public string Best => System.IO.Path.Combine(Path, "best");

    /// <summary>Weights of the last epoch.</summary>
    public string Last => System.IO.Path.Combine(Path, "last");

    /// <summary>Begins a run in a new or empty folder, and keeps others out of it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="configuration">Its settings as gin text.</param>
    /// <param name="tensorBoard">Whether metrics are written for TensorBoard too.</param>
    /// <exception cref="InvalidInputException">The folder holds something, or cannot be written.</exception>
    public static RunDirectory Create(string path, string configuration, bool tensorBoard = true)
    {
        RunLock? runLock = null;
        try
        {
            RequireNew(path);
            PathOnDisk.CreateDirectory(path);
            runLock = RunLock.Take(path);
            WriteConfiguration(path, configuration);
            var run = new RunDirectory(path, runLock);
            run.Log(Machine);
            if (tensorBoard) run.BeginEvents(configuration);
            PathOnDisk.CreateDirectory(CheckpointsOf(path));
            PathOnDisk.FlushDirectory(path);
            return run;
        }
        catch (Exception error)
        {
            runLock?.Dispose();
            if (error is IOException or UnauthorizedAccessException) throw new InvalidInputException($"{path} cannot be written: {error.Message.TrimEnd('.')}; choose another --out", error);
            throw;
        }
    }

    /// <summary>The folder of a run that another process writes; it need not be within reach.</summary>
    internal static RunDirectory OfAnother(string path) => new(path, runLock: null);

    /// <summary>Goes on with a run as it was when its files had these lengths; what was written behind them, and what a killed process left half done, is taken away.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="runLock">Its lock, which is the run's from now on.</param>
    /// <param name="configuration">Its settings from now on.</param>
    /// <param name="metricsLength">Bytes of <c>metrics.jsonl</c>.</param>
    /// <param name="logLength">Bytes of <c>log.txt</c>.</param>
    /// <param name="tensorBoard">Whether metrics are written for TensorBoard too, from now on.</param>
    /// <exception cref="IOException">The system refuses.</exception>
    internal static RunDirectory Continue(string path, RunLock runLock, string configuration, long metricsLength, long logLength, bool tensorBoard = true)
    {
        RunDirectory? run = null;
        try
        {
            AtomicDirectory.RemoveAbandoned(path);
            AtomicDirectory.RemoveAbandoned(CheckpointsOf(path));
            WriteConfiguration(path, configuration);
            run = new RunDirectory(path, runLock);
            if (!run._log!.Cut(logLength)) run.Log($"{LogFileName} has lost lines");
            if (!run._metrics!.Cut(metricsLength)) run.Log($"{MetricsFileName} has lost lines");
            run.Log(Machine);
            if (tensorBoard) run.BeginEvents(configuration);
            return run;
        }
        catch
        {
            run?.Dispose();
            runLock.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a folder that holds something; for one that holds a run the message says how to go on with it.</summary>
    /// <exception cref="InvalidInputException">The folder is not new or empty.</exception>
    public static void RequireNew(string path)
    {
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any()) return;
        throw new InvalidInputException(Directory.Exists(CheckpointsOf(path))
            ? $"{path} holds a run; go on with it by `sequor train --resume {path}`, or choose another --out"
            : $"{path} is not empty: a run writes into a new folder; choose another --out or remove it");
    }

    /// <summary>Folder of the checkpoints of a run.</summary>
    internal static string CheckpointsOf(string path) => System.IO.Path.Combine(path, "checkpoints");

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

    /// <summary>Folder of a model that is kept for good.</summary>
    public string Checkpoint(int epoch) => System.IO.Path.Combine(CheckpointsOf(Path), string.Create(CultureInfo.InvariantCulture, $"epoch-{epoch:D4}"));

    /// <summary>Appends a line of names and numbers to <c>metrics.jsonl</c>.</summary>
    public void WriteMetrics(IEnumerable<KeyValuePair<string, double>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (_metrics is null) return;
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
        _metrics.Append(System.Text.Encoding.UTF8.GetString(memory.ToArray()));
        _events?.Write(values);
    }

    /// <summary>Appends a line with the time to <c>log.txt</c>.</summary>
    public void Log(string message) => _log?.Append($"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm:ss}Z {message}");

    /// <summary>Makes the lines so far durable and returns how many bytes they are.</summary>
    internal (long Metrics, long Log) Flush()
    {
        _metrics?.Flush();
        _log?.Flush();
        return (_metrics?.Length ?? 0, _log?.Length ?? 0);
    }

    /// <summary>Closes the files and lets others in.</summary>
    public void Dispose()
    {
        _metrics?.Dispose();
        _log?.Dispose();
        _events?.Dispose();
        _lock?.Dispose();
    }

    // Whoever compares times wants to know.
    private static string Machine => string.Create(
        CultureInfo.InvariantCulture,
        $"{Trainer.Creator}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}; {Processor.Name}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30):F0} GiB");

    private void BeginEvents(string configuration)
    {
        using var metrics = new StreamReader(new FileStream(System.IO.Path.Combine(Path, MetricsFileName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        _events = RunEvents.Begin(Path, configuration, metrics.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static void WriteConfiguration(string path, string configuration)
    {
        string file = System.IO.Path.Combine(path, "config.gin");
        if (File.Exists(file) && File.ReadAllText(file) == configuration) return;
        AtomicFile.Write(file, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(configuration)));
    }
}
