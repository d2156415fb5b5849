using Microsoft.Data.Sqlite;
using Sequor.Data;
using Sequor.Fuzz.Mutation;
using Sequor.Server.Users;

namespace Sequor.Fuzz.Readers;

/// <summary>The blocks of prepared events in the file of histories.</summary>
internal sealed class PackedEventsReader : FuzzReader
{
    private readonly byte[][] _valid;

    public PackedEventsReader(Workspace workspace) : base("packed-events", workspace) => _valid = [Pack([3f, 4.5f, 1f], [978300019, 978300020, 978400000]), Pack([3.3f, 4.5f, 1e30f], [long.MinValue, 0, long.MaxValue]), Pack([], [])];

    public override bool IsRefusal(Exception error) => error is InvalidDataException;

    public override FuzzInput Make(FuzzRandom random) => FuzzInput.Of(ByteMutator.Mutate(random, random.Of<byte[]>(_valid), _valid[0]));

    public override void Read(FuzzInput input)
    {
        var events = new List<StoredEvent>();
        PackedEvents.Unpack(input.Bytes, events);
        foreach (StoredEvent one in events) Require(one.Rating is not { } rating || float.IsFinite(rating), "a rating that is no number");
    }

    private static byte[] Pack(float[] ratings, long[] times)
    {
        var bytes = new List<byte>();
        PackedEvents.Pack(new UserSequence([1, 200, 70000], ratings, times), bytes);
        return [.. bytes];
    }
}

/// <summary>The file of histories itself; SQLite parses it and writes to disk, so an input takes milliseconds.</summary>
internal sealed class HistoryFileReader : FuzzReader
{
    private const string FileName = "histories.db";
    private static readonly string[] s_changes =
    [
        "UPDATE items SET code = $n", "UPDATE items SET id = $t", "DELETE FROM items", "UPDATE users SET next_arrival = $n", "UPDATE users SET event_count = $n", "UPDATE users SET code = $n", "UPDATE users SET id = $t",
        "UPDATE events SET item = $n", "UPDATE events SET time = $n", "UPDATE events SET rating = $t", "UPDATE events SET event_id = $t", "UPDATE events SET arrival = arrival + $n", "DELETE FROM users", "UPDATE prepared SET events = $t",
        "INSERT OR REPLACE INTO prepared VALUES (1, $b)", "UPDATE facts SET value = $t", "PRAGMA user_version = 9", "DROP TABLE prepared", "ALTER TABLE events RENAME COLUMN time TO moment", "UPDATE events SET time = $t",
    ];

    private readonly byte[] _valid;

    public HistoryFileReader(Workspace workspace) : base("histories", workspace)
    {
        string path = workspace.At(FileName);
        using (HistoryStore store = HistoryStore.Open(path))
            store.AppendAsync("u", [new KeptEvent("i1", 978300019, 4, "e"), new KeptEvent("i2", 978300020, null, null)]).GetAwaiter().GetResult();
        _valid = File.ReadAllBytes(path);
        foreach (string file in Directory.EnumerateFiles(workspace.Folder)) File.Delete(file);
    }

    public override bool IsRefusal(Exception error) => error is InvalidInputException;

    // Opening and appending wait for the disk.
    public override TimeSpan AllowedTime => TimeSpan.FromSeconds(10);

    public override long AllowedBytes(long size) => (8 << 20) + 64 * size;

    public override FuzzInput Make(FuzzRandom random)
    {
        if (random.Once(2)) return FuzzInput.Of(FileName, ByteMutator.Mutate(random, _valid));
        string path = Workspace.At("changed.db");
        File.WriteAllBytes(path, _valid);
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = random.Of<string>(s_changes);
            command.Parameters.AddWithValue("$n", random.Of<long>(Extremes.Integers));
            command.Parameters.AddWithValue("$t", random.Of<string>(Extremes.Numbers));
            command.Parameters.AddWithValue("$b", ByteMutator.Mutate(random, [1, 2, 1, 2, 4, 4]));
            try
            {
                command.ExecuteNonQuery();
            }
            catch (SqliteException)
            {
                // A change that SQLite itself refuses.
            }
        }

        byte[] bytes = File.ReadAllBytes(path);
        foreach (string file in Directory.EnumerateFiles(Workspace.Folder, "changed.db*")) File.Delete(file);
        return FuzzInput.Of(FileName, bytes);
    }

    public override void Read(FuzzInput input)
    {
        // The runner leaves a file in place that it knows; this one was written to.
        File.WriteAllBytes(Workspace.At(FileName), input.Files[FileName]);
        try
        {
            using HistoryStore store = HistoryStore.Open(Workspace.At(FileName));
            _ = store.SomeUsers(10).Count;
            _ = store.Find("u")?.Events.Count;
            store.AppendAsync("u", [new KeptEvent("i3", 978300021, null, null)]).GetAwaiter().GetResult();
        }
        finally
        {
            foreach (string file in Directory.EnumerateFiles(Workspace.Folder, FileName + "-*")) File.Delete(file);
        }
    }
}
