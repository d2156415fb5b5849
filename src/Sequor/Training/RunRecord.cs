using System.Text.Json;
using Sequor.Training.Checkpoints;

namespace Sequor.Training;

/// <summary>What a run has written about itself, for those who only read: it needs no lock, and a run that is still under way may be looked at.</summary>
public sealed record RunRecord
{
    /// <summary>Name of the folder.</summary>
    public required string Name { get; init; }

    /// <summary>Settings, a line each, as gin text; empty where the folder is a model alone.</summary>
    public required IReadOnlyList<string> Settings { get; init; }

    /// <summary>Lines of <c>metrics.jsonl</c> that end an epoch, by the names of their numbers: <c>epoch</c>, <c>losses/main_loss</c>, <c>train_seconds</c>, <c>ndcg@10</c>, ….</summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, double>> Epochs { get; init; }

    /// <summary>Lines of <c>log.txt</c>.</summary>
    public required IReadOnlyList<string> Log { get; init; }

    /// <summary>Programs and machines that worked on the run, in their order, as its log has them; none where it does not tell.</summary>
    public IReadOnlyList<string> Machines =>
        [.. Log.Select(line => (Line: line, At: line.IndexOf("Z Sequor ", StringComparison.Ordinal))).Where(line => line.At >= 0).Select(line => line.Line[(line.At + 2)..]).Distinct(StringComparer.Ordinal)];

    /// <summary>Where the store lay that it learned from; null where no checkpoint tells.</summary>
    public string? DataPath { get; init; }

    /// <summary>Reads the folder of a run. What is not there is empty.</summary>
    /// <exception cref="InvalidInputException">A file cannot be read.</exception>
    public static RunRecord Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return new RunRecord
            {
                Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))),
                Settings = Lines(Path.Combine(path, "config.gin")),
                Epochs = [.. Lines(Path.Combine(path, "metrics.jsonl")).Select(Numbers).Where(line => line.ContainsKey("epoch"))],
                Log = Lines(Path.Combine(path, "log.txt")),
                DataPath = FindData(RunDirectory.CheckpointsOf(path)),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} cannot be read: {error.Message.TrimEnd('.')}", error);
        }
    }

    private static string[] Lines(string file)
    {
        if (!File.Exists(file)) return [];
        // A run that is under way has the file open for writing.
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    // Empty for a line that is being written.
    private static Dictionary<string, double> Numbers(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetDouble(), StringComparer.Ordinal);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    private static string? FindData(string checkpoints)
    {
        if (!Directory.Exists(checkpoints)) return null;
        foreach (string directory in Directory.EnumerateDirectories(checkpoints, "step-*").OrderDescending(StringComparer.Ordinal))
        {
            try
            {
                return Checkpoint.Peek(directory).DataPath;
            }
            catch (Exception error) when (error is InvalidInputException or JsonException)
            {
                // Damaged; the one before it may not be.
            }
        }

        return null;
    }
}
