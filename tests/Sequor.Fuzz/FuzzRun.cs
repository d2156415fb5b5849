using System.Diagnostics;

namespace Sequor.Fuzz;

/// <summary>Gives a reader its inputs one after the other and checks what it promises for each: success or a refusal in words, in bounded time and memory, within its folder.</summary>
internal sealed class FuzzRun(FuzzReader reader)
{
    private const int LongestMessage = 20_000;
    private readonly HashSet<string> _refusals = new(StringComparer.Ordinal);

    public FuzzReader Reader => reader;

    public long Inputs { get; private set; }

    public long Accepted { get; private set; }

    /// <summary>Refusals that differ in more than names and numbers.</summary>
    public int KindsOfRefusal => _refusals.Count;

    public TimeSpan Slowest { get; private set; }

    /// <summary>Time of the processor in the reader, of all inputs.</summary>
    public TimeSpan ReadTime { get; private set; }

    /// <summary>The largest of allocated over allowed bytes.</summary>
    public double MostMemory { get; private set; }

    /// <summary>What was found, by kind, with the first input that shows it.</summary>
    public Dictionary<string, (ulong Number, string Text, int Times)> Findings { get; } = new(StringComparer.Ordinal);

    /// <summary>The input that is being read, and since when; for who watches.</summary>
    public (ulong Number, long Since) Current => (Volatile.Read(ref _number), Volatile.Read(ref _since));

    private ulong _number;
    private long _since;

    /// <summary>Makes and reads input <paramref name="number"/>.</summary>
    public void Step(ulong number)
    {
        FuzzInput input = reader.Make(new FuzzRandom(reader.Name, number));
        reader.Workspace.Place(input);
        Inputs++;
        Volatile.Write(ref _number, number);
        // Time of the processor: how long it takes on the clock depends on what else the machine does.
        TimeSpan busy = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp(), bytes = GC.GetAllocatedBytesForCurrentThread();
        Volatile.Write(ref _since, start);
        Exception? error = null;
        try
        {
            reader.Read(input);
        }
        catch (Exception thrown)
        {
            error = thrown;
        }

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        TimeSpan time = Environment.CpuUsage.TotalTime - busy;
        Volatile.Write(ref _since, 0);
        Check(number, input, error, bytes, time);
    }

    private void Check(ulong number, FuzzInput input, Exception? error, long bytes, TimeSpan time)
    {
        if (error is null) Accepted++;
        else if (!reader.IsRefusal(error)) Add(number, $"{error.GetType().Name} {Place(error)}", error.ToString());
        else if (error.Message.Length is 0 or > LongestMessage) Add(number, "a message that nobody can read", $"{error.Message.Length} letters: {error.Message[..Math.Min(200, error.Message.Length)]}");
        else _refusals.Add(Kind(error.Message));

        long allowed = reader.AllowedBytes(input.Size);
        MostMemory = Math.Max(MostMemory, (double)bytes / allowed);
        if (bytes > allowed) Add(number, "too much memory", $"{bytes:N0} bytes for an input of {input.Size:N0}; {error?.Message}");
        ReadTime += time;
        if (time > Slowest) Slowest = time;
        if (time > reader.AllowedTime) Add(number, "too much time", $"{time.TotalSeconds:F2} s; {error?.Message}");
        if (reader.Workspace.Trespass() is { } trespass) Add(number, trespass, error?.Message ?? "");
    }

    private void Add(ulong number, string kind, string text)
    {
        Findings[kind] = Findings.TryGetValue(kind, out var found) ? found with { Times = found.Times + 1 } : (number, text, 1);
    }

    // The innermost line of the product that it came through.
    private static string Place(Exception error) =>
        (error.StackTrace ?? "").Split('\n').FirstOrDefault(line => line.Contains(" Sequor.", StringComparison.Ordinal))?.Trim() ?? "";

    // A message without what it quotes.
    private static string Kind(string message)
    {
        Span<char> kept = stackalloc char[96];
        int length = 0;
        bool quoted = false;
        for (int i = Math.Max(0, message.IndexOf(' ', StringComparison.Ordinal)); i < message.Length && length < kept.Length; i++)
        {
            char letter = message[i];
            if (letter is '\'' or '"' or '`') quoted = !quoted;
            else if (!quoted && char.IsAsciiLetter(letter)) kept[length++] = letter;
        }

        return kept[..length].ToString();
    }
}
