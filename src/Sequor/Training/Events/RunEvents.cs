using System.Globalization;
using System.Text.Json;

namespace Sequor.Training.Events;

/// <summary>
/// The event files of a run, which TensorBoard shows: every line of <c>metrics.jsonl</c> as one event with the tags of the reference. A run that goes on
/// writes a new file, and what its files lack of those lines, or have beyond them, is put right first.
/// </summary>
internal sealed class RunEvents : IDisposable
{
    private const string Prefix = "events.out.tfevents.";

    // Version, start of the session and settings stand before the events of lines.
    private const int Preamble = 3;

    private readonly RecordFile _file;

    private RunEvents(RecordFile file) => _file = file;

    /// <summary>Begins a file behind those that are there.</summary>
    /// <param name="run">Folder of the run.</param>
    /// <param name="configuration">Its settings as gin text.</param>
    /// <param name="lines">The lines of <c>metrics.jsonl</c> so far.</param>
    /// <exception cref="IOException">The system refuses.</exception>
    internal static RunEvents Begin(string run, string configuration, IReadOnlyList<string> lines)
    {
        string[] files = [.. Directory.EnumerateFiles(run, Prefix + "*").Order(StringComparer.Ordinal)];
        List<(long Step, List<KeyValuePair<string, double>> Values)> events = [.. lines.Select(Parse).OfType<List<KeyValuePair<string, double>>>().Select(Scalars)];
        int kept = 0;
        foreach (string file in files) kept += Cut(file, events.Count - kept);
        long next = events.Count == 0 ? 0 : events.Max(e => e.Step) + 1;
        var begun = new RunEvents(new RecordFile(Path.Combine(run, NextName(files.LastOrDefault()))));
        begun.Append(EventMessage.Version(Now));
        begun.Append(EventMessage.Start(Now, next));
        // Four blanks make Markdown leave a line as it is.
        begun.Append(EventMessage.Text(Now, next, "config/text_summary", string.Concat(configuration.TrimEnd().Split('\n').Select(line => $"    {line}\n"))));
        foreach ((long step, List<KeyValuePair<string, double>> values) in events.Skip(kept)) begun.Append(EventMessage.Scalars(Now, step, values));
        return begun;
    }

    /// <summary>Writes what goes to <c>metrics.jsonl</c> as one line.</summary>
    internal void Write(IEnumerable<KeyValuePair<string, double>> line)
    {
        (long step, List<KeyValuePair<string, double>> values) = Scalars(line);
        Append(EventMessage.Scalars(Now, step, values));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static double Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3;

    private void Append(ProtoMessage message) => _file.Append(message.Bytes);

    // TensorBoard reads files in the order of their names; a clock that was set back must not change it.
    private static string NextName(string? last)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        if (last is not null && long.TryParse(Path.GetFileName(last).AsSpan(Prefix.Length), CultureInfo.InvariantCulture, out long before)) now = Math.Max(now, before + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{Prefix}{now:D10}");
    }

    // Takes away what stands behind so many events of lines, and the whole file where none stays; returns how many stay.
    private static int Cut(string file, int lines)
    {
        List<long> ends = RecordFile.Ends(File.ReadAllBytes(file));
        int kept = Math.Clamp(ends.Count - Preamble, 0, lines);
        if (kept == 0)
        {
            File.Delete(file);
            return 0;
        }

        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.SetLength(ends[Preamble + kept - 1]);
        return kept;
    }

    // A line of steps is called as in the reference. One of an epoch gets the reference's group, and the loss of an epoch, which it does not have, one of its own.
    private static (long Step, List<KeyValuePair<string, double>> Values) Scalars(IEnumerable<KeyValuePair<string, double>> line)
    {
        var values = new List<KeyValuePair<string, double>>();
        var (kind, step) = ("", 0L);
        foreach (var (name, value) in line)
        {
            if (name is "step" or "epoch" or "test_epoch") (kind, step) = (name, (long)value);
            else if (kind == "step") values.Add(new(name, value));
            else if (name.StartsWith("losses/", StringComparison.Ordinal)) values.Add(new($"losses_epoch/{name["losses/".Length..]}", value));
            else if (name.EndsWith("_seconds", StringComparison.Ordinal)) values.Add(new($"time/{name}", value));
            else values.Add(new($"{(kind == "epoch" ? "eval_epoch" : "eval_test")}/{name}", value));
        }

        return (step, values);
    }

    // Null for a line that a power cut has torn.
    private static List<KeyValuePair<string, double>>? Parse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return [.. document.RootElement.EnumerateObject().Select(property => KeyValuePair.Create(property.Name, property.Value.GetDouble()))];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
