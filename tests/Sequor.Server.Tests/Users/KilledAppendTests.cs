using System.Diagnostics;
using Sequor.Server.Users;
using Xunit;

namespace Sequor.Server.Tests.Users;

public sealed class KilledAppendTests : IDisposable
{
    private const string Variable = "SEQUOR_TEST_APPENDS";
    private const int Writers = 8;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_process_that_is_killed_loses_no_event_that_it_acknowledged()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Variable) is not null, "this is the process to be killed");
        string path = folder.File("h.db");
        for (int kill = 0; kill < 2; kill++)
        {
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Sequor.Server.Tests"), ["-class", typeof(KilledAppendTests).FullName!])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            start.Environment[Variable] = folder.Path;
            using Process process = Process.Start(start)!;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            while (!process.HasExited && (!File.Exists(Acknowledged(0)) || new FileInfo(Acknowledged(0)).Length < 150 * (kill + 1))) Thread.Sleep(5);
            Assert.False(process.HasExited, "the process ended before it could be killed");
            process.Kill();
            process.WaitForExit();
            using HistoryStore store = HistoryStore.Open(path);
            for (int w = 0; w < Writers; w++)
            {
                if (!File.Exists(Acknowledged(w))) continue;
                var kept = store.Find($"user {w}")!.Events.Select(one => one.EventId!).ToHashSet();
                string[] acknowledged = File.ReadAllLines(Acknowledged(w));
                Assert.True(acknowledged.All(kept.Contains), $"{acknowledged.Count(id => !kept.Contains(id))} of {acknowledged.Length} events are lost");
            }
        }
    }

    // Run by the process that is to be killed.
    [Fact]
    public async Task Appends_until_it_is_killed()
    {
        string? there = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(there is null, "it is for the process that the test beside it starts");
        using HistoryStore store = HistoryStore.Open(Path.Combine(there!, "h.db"));
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            using var acknowledged = new FileStream(Path.Combine(there!, $"acknowledged{w}"), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            for (int i = 0; i < 100_000; i++)
            {
                string id = Guid.NewGuid().ToString("N");
                await store.AppendAsync($"user {w}", [new KeptEvent("i1", i, null, id)]);
                acknowledged.Write([.. id.Select(letter => (byte)letter), (byte)'\n']);
            }
        })));
    }

    private string Acknowledged(int writer) => folder.File($"acknowledged{writer}");
}
