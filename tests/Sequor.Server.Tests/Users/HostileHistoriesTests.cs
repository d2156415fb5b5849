using Microsoft.Data.Sqlite;
using Sequor.Server.Users;
using Xunit;

namespace Sequor.Server.Tests.Users;

/// <summary>Files of histories that SQLite can open and that this program did not write.</summary>
public sealed class HostileHistoriesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("UPDATE items SET id = 'i'")]
    [InlineData("UPDATE events SET item = 9223372036854775807")]
    [InlineData("UPDATE events SET item = 77")]
    [InlineData("UPDATE events SET item = -1")]
    [InlineData("UPDATE users SET event_count = 9223372036854775807; UPDATE events SET item = 0")]
    [InlineData("DROP TABLE prepared")]
    [InlineData("ALTER TABLE events RENAME COLUMN time TO moment")]
    [InlineData("UPDATE users SET next_arrival = 1")]
    [InlineData("INSERT INTO prepared VALUES (1, x'0001')")]
    [InlineData("INSERT INTO prepared VALUES (1, x'000100')")]
    [InlineData("INSERT INTO prepared VALUES (1, x'0201010000C07F')")]
    [InlineData("INSERT INTO prepared VALUES (1, x'00FFFFFFFFFFFFFFFFFFFFFFFF01')")]
    public async Task What_it_holds_is_refused_in_a_sentence(string change)
    {
        string path = folder.File("h.db");
        using (HistoryStore made = HistoryStore.Open(path)) await made.AppendAsync("u", [new KeptEvent("i1", 5, 3, "e"), new KeptEvent("i2", 6, null, null)], Token);
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = change;
            command.ExecuteNonQuery();
        }

        var refusal = await Assert.ThrowsAsync<InvalidInputException>(async () =>
        {
            using HistoryStore store = HistoryStore.Open(path);
            _ = store.Find("u");
            await store.AppendAsync("u", [new KeptEvent("i3", 7, null, null)], Token);
        });
        Assert.Contains("is damaged", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_count_that_is_a_lie_takes_no_memory()
    {
        string path = folder.File("h.db");
        using (HistoryStore made = HistoryStore.Open(path)) await made.AppendAsync("u", [new KeptEvent("i1", 5, 3, "e")], Token);
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE users SET event_count = 2000000000";
            command.ExecuteNonQuery();
        }

        using HistoryStore store = HistoryStore.Open(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Single(store.Find("u")!.Events);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }
}
