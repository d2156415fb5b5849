using Sequor.Autograd;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Evaluation;

/// <summary>What a model does for every user: the exact rank of the target in the whole catalogue, and the items that it puts first. Their means are those of <see cref="Evaluator"/>.</summary>
public sealed class UserOutcomes
{
    private readonly int[] _users, _ranks, _items;

    private UserOutcomes(int[] users, int[] ranks, int[] items, int depth) => (_users, _ranks, _items, Depth) = (users, ranks, items, depth);

    /// <summary>Items kept a user, K.</summary>
    public int Depth { get; }

    /// <summary>Users of the store that have a target and a history, ascending (U).</summary>
    public ReadOnlySpan<int> Users => _users;

    /// <summary>Rank of each user's target, 1 being the best; X + 1 where it stands in the history itself (U).</summary>
    public ReadOnlySpan<int> Ranks => _ranks;

    /// <summary>The K best items of the <paramref name="place"/>th user, best first, those of the history window left out; 0 where the catalogue ends.</summary>
    public ReadOnlySpan<int> Recommended(int place) => _items.AsSpan(place * Depth, Depth);

    /// <summary>A number of each user, made of the rank (U).</summary>
    public double[] Select(Func<int, double> metric) => [.. _ranks.Select(metric)];

    /// <summary>Asks a model.</summary>
    /// <param name="model">The model; its item table is refreshed, what it has learned is not changed.</param>
    /// <param name="view">Histories and targets.</param>
    /// <param name="depth">Items kept a user, K.</param>
    /// <param name="options">Batch size and threads; the search is exact whatever the options say.</param>
    /// <param name="usersDone">Told the number of users after every batch.</param>
    /// <param name="cancellationToken">Looked at before every batch.</param>
    /// <exception cref="InvalidInputException">The model reads ratings that the store of the view lacks.</exception>
    public static UserOutcomes Of(
        RecommenderModel model, LeaveOneOut view, int depth, EvaluationOptions options, IProgress<long>? usersDone = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(options);
        model.RefreshItems(options.Workers);
        model.RequireInputs(view.Store);
        int[] users = Usable(view), ranks = new int[users.Length], items = new int[users.Length * depth], targets = new int[options.BatchSize];
        float[] scores = new float[options.BatchSize * depth];
        using IRankIndex index = TopKIndex.Exact(model, options.Workers);
        using var tape = new Tape(options.Workers, differentiate: false);
        using var batch = new SequenceBatch();
        var seen = new ExcludedItems();
        for (int first = 0; first < users.Length; first += options.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(options.BatchSize, users.Length - first);
            batch.Clear();
            seen.Clear();
            for (int i = 0; i < count; i++)
            {
                int user = users[first + i];
                LeaveOneOutExample example = view.Get(user);
                targets[i] = example.TargetItem;
                seen.Add(example.History.Items);
                batch.Add(user, example.History, example.TargetItem, example.TargetTimestamp);
                batch.Identify(view.Store.UserKey(user));
            }

            Matrix queries = LastStates.Encode(model, tape, batch);
            index.Rank(queries, seen, targets.AsSpan(0, count), ranks.AsSpan(first, count));
            index.Search(queries, seen, depth, items.AsSpan(first * depth, count * depth), scores.AsSpan(0, count * depth));
            usersDone?.Report(first + count);
        }

        return new UserOutcomes(users, ranks, items, depth);
    }

    /// <summary>The same of the most popular items: by the number of training events, equal ones by item index, for everyone.</summary>
    /// <param name="popularity">Training events of each item (X + 1).</param>
    /// <param name="view">Histories and targets.</param>
    /// <param name="depth">Items kept a user, K.</param>
    public static UserOutcomes OfPopularity(long[] popularity, LeaveOneOut view, int depth)
    {
        ArgumentNullException.ThrowIfNull(popularity);
        ArgumentNullException.ThrowIfNull(view);
        int[] users = Usable(view), ranks = new int[users.Length], items = new int[users.Length * depth];
        int[] order = [.. Enumerable.Range(1, view.Store.Items.Count).OrderByDescending(item => popularity[item])];
        var seen = new HashSet<int>();
        for (int place = 0; place < users.Length; place++)
        {
            LeaveOneOutExample example = view.Get(users[place]);
            seen.Clear();
            foreach (int item in example.History.Items) seen.Add(item);
            ranks[place] = order.Length + 1;
            int rank = 0;
            foreach (int item in order)
            {
                if (seen.Contains(item)) continue;
                if (rank < depth) items[place * depth + rank] = item;
                rank++;
                if (item == example.TargetItem) ranks[place] = rank;
                if (rank >= depth && ranks[place] <= order.Length) break;
            }
        }

        return new UserOutcomes(users, ranks, items, depth);
    }

    private static int[] Usable(LeaveOneOut view) => [.. Enumerable.Range(0, view.Store.UserCount).Where(view.IsUsable)];
}
