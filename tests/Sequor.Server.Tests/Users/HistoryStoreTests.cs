using System.Text;
using Microsoft.Data.Sqlite;
using Sequor.Data;
using Sequor.Server.Users;
using Xunit;

namespace Sequor.Server.Tests.Users;

public sealed class HistoryStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_appends_repetitions_late_events_and_forgetting_leave_what_lists_would_hold(int seed)
    {
        string path = folder.File("h.db");
        int[] lengths = [3, 0, 5, 2];
        bool times = seed != 2;
        SmallData.Write(folder.File("d.sequor"), lengths, times: times);
        var naive = new NaiveHistories();
        for (int u = 0; u < lengths.Length; u++) naive.Append($"u{u}", Prepared(u, lengths[u], times: times));
        var random = new Random(seed);
        HistoryStore store = HistoryStore.Open(path, folder.File("d.sequor"));
        for (int step = 0; step < 400; step++)
        {
            string user = $"u{random.Next(7)}";
            if (random.Next(40) == 0) Assert.Equal(naive.Forget(user), await store.ForgetAsync(user, Token));
            if (random.Next(60) == 0)
            {
                store.Dispose();
                store = HistoryStore.Open(path, folder.File("d.sequor"));
            }

            KeptEvent[] events = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new KeptEvent(
                $"i{random.Next(130)}",
                random.Next(12) == 0 ? null : 999_000 + random.Next(2000),
                random.Next(3) == 0 ? null : random.NextSingle(),
                random.Next(3) == 0 ? null : $"e{random.Next(60)}"))];
            Assert.Equal(naive.Append(user, events), await store.AppendAsync(user, events, Token));
            Assert.Equal(naive.Of(user), store.Find(user)?.Events);
            Assert.Equal(naive.Count, store.UserCount);
        }

        for (int u = 0; u < 7; u++) Assert.Equal(naive.Of($"u{u}"), store.Find($"u{u}")?.Events);
        Assert.Equal(naive.Count, store.SomeUsers(100).Count);
        store.Dispose();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void The_prepared_users_are_taken_in_once_as_they_are(bool ratings, bool times)
    {
        int[] lengths = [.. Enumerable.Range(0, 60).Select(u => u * u % 47)];
        string data = SmallData.Write(folder.File("d.sequor"), lengths, ratings, times), path = folder.File("h.db");
        using (SequenceStore prepared = SequenceStore.Open(data))
        using (HistoryStore store = HistoryStore.Open(path, data))
        {
            Assert.Equal(prepared.Fingerprint, store.DataFingerprint);
            Assert.Equal(lengths.Count(length => length > 0), store.UserCount);
            for (int u = 0; u < lengths.Length; u++) Assert.Equal(lengths[u] == 0 ? null : Prepared(u, lengths[u], ratings, times), store.Find($"u{u}")?.Events);
        }

        using (HistoryStore again = HistoryStore.Open(path, data)) Assert.Equal((5, false), (again.SomeUsers(5).Count, again.LeavesDataOut));
        SmallData.Write(data, [9], ratings, times);
        using (HistoryStore other = HistoryStore.Open(path, data)) Assert.Equal((5, true), (other.SomeUsers(5).Count, other.LeavesDataOut));
        File.Delete(data);
        Assert.Contains($"{data} does not exist", Assert.Throws<InvalidInputException>(() => HistoryStore.Open(path, data)).Message, StringComparison.Ordinal);
        using HistoryStore without = HistoryStore.Open(path);
        Assert.False(without.LeavesDataOut);
    }

    [Fact]
    public async Task An_event_that_many_send_at_once_is_kept_once()
    {
        using HistoryStore store = HistoryStore.Open(folder.File("h.db"));
        AppendOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(() =>
            store.AppendAsync($"user {i % 2}", [new KeptEvent("i1", i, null, $"e{i / 2 % 20}"), new KeptEvent("i2", i, null, "same")], Token))));
        Assert.Equal(2 * 21, outcomes.Sum(outcome => outcome.Appended));
        Assert.Equal(800 - 2 * 21, outcomes.Sum(outcome => outcome.Repeated));
        Assert.Equal(21, store.Find("user 0")!.Events.Count);
        Assert.Equal(21, store.Find("user 1")!.Events.Select(one => one.EventId).Distinct().Count());
    }

    [Fact]
    public async Task Nothing_of_a_forgotten_user_is_left_in_the_bytes_of_the_files()
    {
        string path = folder.File("h.db");
        var random = new Random(5);
        using HistoryStore store = HistoryStore.Open(path);
        string[] users = [.. Enumerable.Range(0, 600).Select(_ => $"person-{random.NextInt64():x16}")];
        foreach (string[] some in users.Chunk(100))
        {
            await Task.WhenAll(some.Select(user => store.AppendAsync(
                user, [.. Enumerable.Range(0, 1 + random.Next(12)).Select(i => new KeptEvent($"i{i}", i, 3, $"{user}/{i}"))], Token)));
        }

        string[] forgotten = [.. users.Where((_, u) => u % 3 == 0)];
        foreach (string user in forgotten) Assert.True(await store.ForgetAsync(user, Token));
        Assert.False(await store.ForgetAsync(forgotten[0], Token));
        string left = string.Concat(Directory.EnumerateFiles(folder.Path, "h.db*").Where(file => !file.EndsWith("-lock", StringComparison.Ordinal)).Select(Latin));
        Assert.DoesNotContain(forgotten, user => left.Contains(user, StringComparison.Ordinal));
        Assert.Contains(users[1], left, StringComparison.Ordinal);
        Assert.Null(store.Find(forgotten[0]));
        Assert.Equal(400, store.UserCount);
    }

    [Fact]
    public void Files_that_are_no_histories_newer_damaged_or_in_use_are_refused_with_the_next_step()
    {
        Refused(folder.Write("text.db", "this is a text, and a long one: " + new string('x', 5000)), "is not a file of histories");
        string other = folder.File("other.db");
        Change(other, "CREATE TABLE t (x)", create: true);
        Refused(other, "is not a file of histories");
        string newer = folder.File("newer.db");
        HistoryStore.Open(newer).Dispose();
        Change(newer, "PRAGMA user_version = 9");
        Refused(newer, "has version 9 of the histories; this program reads versions 1 to 1");
        string held = folder.File("held.db");
        using HistoryStore holder = HistoryStore.Open(held);
        Refused(held, "in use by another process (another `sequor serve`?)");
        Refused(Path.Combine(folder.Write("file", "no folder"), "h.db"), "cannot be written");
        string damaged = folder.File("damaged.db");
        HistoryStore.Open(damaged).Dispose();
        using (FileStream file = File.OpenWrite(damaged))
        {
            file.Position = 100;
            file.Write(new byte[3000]);
        }

        Refused(damaged, "is damaged");
        Refused(damaged, $"{damaged}-wal, {damaged}-shm");
    }

    [Fact]
    public void A_first_load_that_fails_leaves_no_file()
    {
        string data = SmallData.Write(folder.File("d.sequor"), [5, 5]);
        Assert.Throws<InvalidOperationException>(() => HistoryStore.Open(folder.File("h.db"), data, new Failing()));
        Assert.DoesNotContain(folder.Names, name => name.StartsWith("h.db", StringComparison.Ordinal));
        using HistoryStore store = HistoryStore.Open(folder.File("h.db"), data);
        Assert.Equal(2, store.UserCount);
    }

    [Fact]
    public async Task The_log_of_a_file_that_is_gone_or_was_replaced_is_not_read_into_another()
    {
        string path = folder.File("h.db"), left = folder.File("left");
        using (HistoryStore store = HistoryStore.Open(path)) await store.AppendAsync("ann", [new KeptEvent("i1", 1, null, null)], Token);
        string copy = folder.File("copy.db");
        File.Copy(path, copy);
        using (HistoryStore store = HistoryStore.Open(path))
        {
            await store.AppendAsync("bob", [.. Enumerable.Range(0, 900).Select(i => new KeptEvent($"i{i}", i, null, null))], Token);
            // What a process that is killed leaves.
            File.Copy(path, left);
            File.Copy(path + "-wal", left + "-wal");
        }

        File.Copy(left, path, overwrite: true);
        File.Copy(left + "-wal", path + "-wal");
        using (HistoryStore store = HistoryStore.Open(path)) Assert.Equal(900, store.Find("bob")!.Events.Count);
        File.Copy(copy, path, overwrite: true);
        File.Copy(left + "-wal", path + "-wal");
        byte[] before = File.ReadAllBytes(path);
        Refused(path, $"remove {path}-wal and {path}-shm");
        Assert.Equal(before, File.ReadAllBytes(path));
        File.Delete(path + "-wal");
        using (HistoryStore store = HistoryStore.Open(path)) Assert.Equal((1, 1L), (store.Find("ann")!.Events.Count, store.UserCount));
        File.Delete(path);
        File.Copy(left + "-wal", path + "-wal", overwrite: true);
        using (HistoryStore store = HistoryStore.Open(path)) Assert.Equal(0, store.UserCount);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_once_the_file_has_been_removed()
    {
        string path = folder.File("h.db");
        using HistoryStore store = HistoryStore.Open(path);
        await store.AppendAsync("ann", [new KeptEvent("i1", 1, null, null)], Token);
        File.Move(path, folder.File("elsewhere.db"));
        var gone = await Assert.ThrowsAsync<HistoriesGoneException>(() => store.AppendAsync("ann", [new KeptEvent("i2", 2, null, null)], Token));
        Assert.Contains(path, gone.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HistoriesGoneException>(() => store.ForgetAsync("ann", Token));
        File.Move(folder.File("elsewhere.db"), path);
        Assert.Equal(2, (await store.AppendAsync("ann", [new KeptEvent("i2", 2, null, null)], Token)).Total);
    }

    [Fact]
    public async Task A_write_that_fails_takes_none_of_others_with_it()
    {
        using HistoryStore store = HistoryStore.Open(folder.File("h.db"));
        using var go = new ManualResetEventSlim();
        // The first one keeps the writer until the others wait behind it.
        Task<AppendOutcome> first = store.AppendAsync("first", new Acting(go.Wait), Token);
        Task<AppendOutcome>[] good = [.. Enumerable.Range(0, 5).Select(i => store.AppendAsync($"user {i}", [new KeptEvent($"new {i}", i, null, null)], Token))];
        Task<AppendOutcome> bad = store.AppendAsync("bad", new Acting(() => throw new InvalidOperationException("cannot be read")), Token);
        Task<AppendOutcome> last = store.AppendAsync("user 0", [new KeptEvent("last", 9, null, null)], Token);
        go.Set();
        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        Assert.Equal(1, (await first).Total);
        Assert.All(await Task.WhenAll(good), outcome => Assert.Equal(new AppendOutcome(1, 0, 1), outcome));
        Assert.Equal(2, (await last).Total);
        Assert.Equal(6, store.UserCount);
        Assert.Null(store.Find("bad"));
        Assert.Equal(["new 0", "last"], store.Find("user 0")!.Events.Select(one => one.ItemId));
    }

    private static KeptEvent[] Prepared(int user, int length, bool ratings = true, bool times = true) => [.. Enumerable.Range(0, length).Select(i =>
        new KeptEvent($"i{SmallData.Item(user, i)}", times ? SmallData.Time(user, i) : null, ratings ? SmallData.Rating(user, i) : null, null))];

    private static void Refused(string path, string rule) =>
        Assert.Contains(rule, Assert.Throws<InvalidInputException>(() => HistoryStore.Open(path)).Message, StringComparison.Ordinal);

    private static void Change(string path, string sql, bool create = false)
    {
        using SqliteConnection connection = HistoryFile.Open(path, create);
        HistoryFile.Run(connection, sql);
    }

    private static string Latin(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private sealed class Failing : IProgress<(int Users, int Of)>
    {
        public void Report((int Users, int Of) value)
        {
            if (value.Users == value.Of) throw new InvalidOperationException("called off");
        }
    }

    // One event; who counts it in order to write it meets the act.
    private sealed class Acting(Action act) : IReadOnlyList<KeptEvent>
    {
        public int Count
        {
            get
            {
                act();
                return 1;
            }
        }

        public KeptEvent this[int index] => new("i1", 1, null, null);

        public IEnumerator<KeptEvent> GetEnumerator() => Enumerable.Repeat(this[0], 1).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
