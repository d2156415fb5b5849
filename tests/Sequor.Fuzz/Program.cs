using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sequor.Fuzz;

// sequor-fuzz --reader NAME|all --inputs N --seed S --minutes M, or --reader NAME --replay NUMBER. Exit code 1 if anything was found.
string reader = Option("--reader", "all");
string[] names = reader == "all" ? [.. FuzzReaders.Names] : reader.Split(',');
if (names.FirstOrDefault(name => !FuzzReaders.Names.Contains(name)) is { } stranger)
{
    Console.Error.WriteLine($"--reader {stranger} must be all or some of {string.Join(", ", FuzzReaders.Names)}, separated by commas");
    return 2;
}

if (Option("--replay", "") is { Length: > 0 } replay) return Replay(names[0], ulong.Parse(replay, CultureInfo.InvariantCulture));

long inputs = long.Parse(Option("--inputs", "10000"), CultureInfo.InvariantCulture);
ulong seed = ulong.Parse(Option("--seed", "1"), CultureInfo.InvariantCulture);
double minutes = double.Parse(Option("--minutes", "1000"), CultureInfo.InvariantCulture);
int findings = 0;
foreach (string name in names) findings += Run(name);
return findings == 0 ? 0 : 1;

int Run(string name)
{
    using var workspace = new Workspace();
    using FuzzReader target = FuzzReaders.Make(name, workspace);
    var run = new FuzzRun(target);
    using var watchdog = new Timer(_ => Watch(run), null, 1000, 1000);
    var watch = Stopwatch.StartNew();
    for (ulong number = seed; number < seed + (ulong)inputs && watch.Elapsed.TotalMinutes < minutes; number++) run.Step(number);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{name,-14} {run.Inputs,9:N0} inputs {watch.Elapsed.TotalSeconds,7:F0} s  read {run.Accepted,9:N0}  kinds of refusal {run.KindsOfRefusal,4}  mean {run.ReadTime.TotalMicroseconds / Math.Max(1, run.Inputs),6:F0} µs  slowest {run.Slowest.TotalMilliseconds,7:F1} ms  memory {run.MostMemory,5:P0} of allowed  {Environment.WorkingSet >> 20} MiB  findings {run.Findings.Count}"));
    foreach ((string kind, var (first, text, times)) in run.Findings) Console.WriteLine($"  {kind}\n    {times} times, first --reader {name} --replay {first}: {text.ReplaceLineEndings("\n      ")}");
    return run.Findings.Count;
}

// A reader that never comes back, or that fills the memory, cannot be stopped otherwise.
static void Watch(FuzzRun run)
{
    var (number, since) = run.Current;
    bool hangs = since != 0 && Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(30), swells = Environment.WorkingSet > 6L << 30;
    if (!hangs && !swells) return;
    Console.WriteLine($"{run.Reader.Name}: input {number} {(hangs ? "does not end" : "fills the memory")}: --reader {run.Reader.Name} --replay {number}");
    Console.Out.Flush();
    Environment.Exit(1);
}

static int Replay(string name, ulong number)
{
    using var workspace = new Workspace();
    using FuzzReader target = FuzzReaders.Make(name, workspace);
    FuzzInput input = target.Make(new FuzzRandom(name, number));
    foreach ((string file, byte[] bytes) in input.Files) Console.WriteLine($"--- {file} ({bytes.Length} bytes)\n{Show(bytes)}");
    foreach ((string link, string to) in input.Links) Console.WriteLine($"--- {link} -> {to}");
    foreach ((string field, string value) in input.Fields) Console.WriteLine($"--- {field}: {value}");
    var run = new FuzzRun(target);
    using var watchdog = new Timer(_ => Watch(run), null, 1000, 1000);
    run.Step(number);
    foreach ((string kind, var (_, text, _)) in run.Findings) Console.WriteLine($"{kind}: {text}");
    Console.WriteLine($"{(run.Accepted == 1 ? "read" : "refused")} in {run.Slowest.TotalMilliseconds:F1} ms, {run.MostMemory:P1} of the memory that is allowed");
    return run.Findings.Count == 0 ? 0 : 1;
}

static string Show(byte[] bytes)
{
    var text = new StringBuilder();
    foreach (byte one in bytes.AsSpan(0, Math.Min(bytes.Length, 4000))) _ = one is >= 32 and < 127 or (byte)'\n' ? text.Append((char)one) : text.Append(CultureInfo.InvariantCulture, $"\\x{one:x2}");
    return text.ToString();
}

string Option(string name, string otherwise)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
}
