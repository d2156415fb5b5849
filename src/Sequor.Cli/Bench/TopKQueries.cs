using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Cli.Bench;

/// <summary>Query rows as a model's index takes them, each with the items that it must not find.</summary>
internal sealed class TopKQueries
{
    private const int BatchSize = 128;
    private readonly List<float[]> rows = [];
    private readonly List<int[]> excluded = [];

    private TopKQueries() { }

    public int Count => rows.Count;

    /// <summary>Queries of made-up states near items; nothing is excluded.</summary>
    public static TopKQueries OfStates(RecommenderModel model, int count, ulong seed, WorkerPool workers)
    {
        using var tape = new Tape(workers, differentiate: false);
        using var states = new Parameter("states", [count, model.Config.EmbeddingDim], isTable: true);
        ClusteredVectors.FillStates(states.Value, model.Items.Value, seed);
        long[] strangers = new long[count];
        Array.Fill(strangers, -1);
        tape.Begin();
        Matrix encoded = model.Queries(tape, states.Value, strangers);
        var queries = new TopKQueries();
        for (int query = 0; query < count; query++) queries.Add(encoded[query], []);
        return queries;
    }

    /// <summary>Queries of users spread evenly over a store, each before its last event; what was seen is excluded.</summary>
    /// <exception cref="InvalidInputException">No user has two events.</exception>
    public static TopKQueries OfUsers(RecommenderModel model, SequenceStore store, int count, WorkerPool workers)
    {
        LeaveOneOut view = LeaveOneOut.Test(store, model.Config.MaxSequenceLength);
        int[] users = [.. Enumerable.Range(0, store.UserCount).Where(view.IsUsable)];
        if (users.Length == 0) throw new InvalidInputException($"{store.Path} has no user with two events; give a store with histories");
        count = Math.Min(count, users.Length);
        return Encode(model, count, workers, (batch, query) =>
        {
            int user = users[(int)((long)query * users.Length / count)];
            LeaveOneOutExample example = view.Get(user);
            batch.Add(user, example.History, example.TargetItem, example.TargetTimestamp);
            batch.Identify(store.UserKey(user));
            return example.History.Items.ToArray();
        });
    }

    /// <summary>Queries of histories of two items drawn at random, which are excluded.</summary>
    public static TopKQueries OfPairs(RecommenderModel model, int count, ulong seed, WorkerPool workers)
    {
        var random = new CounterRandom(seed, RandomPurpose.Shuffle, 0);
        return Encode(model, count, workers, (batch, query) =>
        {
            int[] pair = [1 + random.Below(model.ItemCount, 2 * (ulong)query), 1 + random.Below(model.ItemCount, 2 * (ulong)query + 1)];
            batch.Add(query, new UserSequence(pair, [], []), 0, null);
            return pair;
        });
    }

    /// <summary>The query with this number, counted round and round.</summary>
    public ReadOnlySpan<float> this[int query] => rows[query % Count];

    /// <summary>What that query must not find.</summary>
    public ReadOnlySpan<int> Excluded(int query) => excluded[query % Count];

    // add puts a history into the batch and returns what its query must not find.
    private static TopKQueries Encode(RecommenderModel model, int count, WorkerPool workers, Func<SequenceBatch, int, int[]> add)
    {
        using var tape = new Tape(workers, differentiate: false);
        using var batch = new SequenceBatch();
        var queries = new TopKQueries();
        while (queries.Count < count)
        {
            batch.Clear();
            int first = queries.Count;
            var seen = new List<int[]>();
            for (int query = first; query < Math.Min(count, first + BatchSize); query++) seen.Add(add(batch, query));
            Matrix encoded = LastStates.Encode(model, tape, batch);
            for (int i = 0; i < seen.Count; i++) queries.Add(encoded[i], seen[i]);
        }

        return queries;
    }

    private void Add(ReadOnlySpan<float> row, int[] seen)
    {
        rows.Add(row.ToArray());
        excluded.Add(seen);
    }
}
