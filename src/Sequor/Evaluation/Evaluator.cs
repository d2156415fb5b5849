using Sequor.Autograd;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Evaluation;

/// <summary>Ranks every user's target in the whole catalogue, without the items of the history window, and takes means.</summary>
public static class Evaluator
{
    /// <summary>Evaluates a model on the targets of a view.</summary>
    /// <param name="model">The model; its item table is refreshed, what it has learned is not changed.</param>
    /// <param name="view">Histories and targets.</param>
    /// <param name="options">Batch size, threads, names for the report.</param>
    /// <param name="usersDone">Told the number of users after every batch.</param>
    /// <param name="cancellationToken">Looked at before every batch.</param>
    /// <exception cref="InvalidInputException">The model reads ratings that the store of the view lacks.</exception>
    public static EvaluationReport Evaluate(
        RecommenderModel model, LeaveOneOut view, EvaluationOptions options, IProgress<long>? usersDone = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(options));
        return Report(view, options, Rank(model, view, options, part: 0, parts: 1, usersDone, cancellationToken));
    }

    /// <summary>
    /// The ranks of every user's target, computed for every <paramref name="parts"/>th batch from number <paramref name="part"/> on and 0 for the others: the
    /// sum over the parts is what one call without parts comes to.
    /// </summary>
    internal static RankedTargets Rank(
        RecommenderModel model, LeaveOneOut view, EvaluationOptions options, int part, int parts, IProgress<long>? usersDone, CancellationToken cancellationToken)
    {
        model.RefreshItems(options.Workers);
        model.RequireInputs(view.Store);
        TopKMethod method = options.TopKMethod ?? TopKIndex.Default(model);
        if (method.IsExact) TopKIndex.Check(model, method);
        using ITopKIndex index = method.IsExact ? TopKIndex.Exact(model, options.Workers) : TopKIndex.Create(model, method, options.Workers, options.Precision);
        using var tape = new Tape(options.Workers, differentiate: false);
        using var batch = new SequenceBatch();
        var seen = new ExcludedItems();
        var served = new ServedRanks();
        var ranks = new List<int>();
        var ratings = new List<float>();
        int[] targets = new int[options.BatchSize], batchRanks = new int[options.BatchSize];
        int user = 0, limit = options.MaxBatches ?? int.MaxValue;
        for (int done = 0; done < limit && user < view.Store.UserCount; done++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            batch.Clear();
            seen.Clear();
            for (; batch.UserCount < options.BatchSize && user < view.Store.UserCount; user++)
            {
                if (!view.IsUsable(user)) continue;
                LeaveOneOutExample example = view.Get(user);
                targets[batch.UserCount] = example.TargetItem;
                if (example.TargetRating is { } rating) ratings.Add(rating);
                seen.Add(example.History.Items);
                batch.Add(user, example.History, example.TargetItem, example.TargetTimestamp);
                batch.Identify(view.Store.UserKey(user));
            }
            if (batch.UserCount == 0) break;
            batchRanks.AsSpan().Clear();
            if (done % parts == part) Rank();
            ranks.AddRange(batchRanks.AsSpan(0, batch.UserCount));
            usersDone?.Report(ranks.Count);
        }
        return new RankedTargets([.. ranks], ratings.Count == ranks.Count ? [.. ratings] : [], method);

        void Rank()
        {
            Matrix queries = LastStates.Encode(model, tape, batch);
            if (index is IRankIndex exact) exact.Rank(queries, seen, targets.AsSpan(0, batch.UserCount), batchRanks);
            else served.Rank(index, queries, seen, targets.AsSpan(0, batch.UserCount), batchRanks);
        }
    }

    /// <summary>The report on ranked targets.</summary>
    internal static EvaluationReport Report(LeaveOneOut view, EvaluationOptions options, RankedTargets targets) =>
        Report(view, options, targets.Ranks, targets.Ratings) with { TopKMethod = targets.Method.ToString() };

    /// <summary>The popularity baseline: items by the number of training events, equal ones by item index, for everyone.</summary>
    public static EvaluationReport EvaluatePopularity(LeaveOneOut training, LeaveOneOut view, EvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(options);
        int itemCount = view.Store.Items.Count;
        long[] popularity = ItemPopularity.Count(training);
        int[] order = new int[itemCount], place = new int[itemCount + 1];
        for (int i = 0; i < itemCount; i++) order[i] = i + 1;
        Array.Sort(order, (a, b) => popularity[a] != popularity[b] ? popularity[b].CompareTo(popularity[a]) : a.CompareTo(b));
        for (int i = 0; i < itemCount; i++) place[order[i]] = i;
        var ranks = new List<int>();
        var ratings = new List<float>();
        var seen = new ExcludedItems();
        for (int user = 0; user < view.Store.UserCount; user++)
        {
            if (!view.IsUsable(user)) continue;
            LeaveOneOutExample example = view.Get(user);
            seen.Clear();
            seen.Add(example.History.Items);
            int rank = place[example.TargetItem] + 1;
            foreach (int item in seen[0]) if (place[item] < place[example.TargetItem]) rank--;
            ranks.Add(seen[0].BinarySearch(example.TargetItem) >= 0 ? itemCount + 1 : rank);
            if (example.TargetRating is { } rating) ratings.Add(rating);
        }
        return Report(view, options, [.. ranks], ratings.Count == ranks.Count ? [.. ratings] : []);
    }

    private static EvaluationReport Report(LeaveOneOut view, EvaluationOptions options, int[] ranks, float[] ratings) => new()
    {
        Protocol = options.Protocol,
        Split = options.Split,
        Fingerprint = view.Store.Fingerprint,
        Epoch = options.Epoch,
        UserCount = ranks.Length,
        SkippedUserCount = view.SkippedUserCount,
        ItemCount = view.Store.Items.Count,
        Metrics = RankingMetrics.Compute(ranks, ratings),
    };
}
