using Sequor.Autograd;

namespace Sequor.Retrieval;

/// <summary>What every index asks of its callers.</summary>
internal static class SearchArguments
{
    /// <summary>Checks the arguments of a search and readies its answer: no items, −∞.</summary>
    internal static void Begin(Matrix queries, int queryWidth, int itemCount, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        Check(queries, queryWidth, itemCount, excluded);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (items.Length != scores.Length || items.Length != (long)queries.Rows * k)
            throw new ArgumentException($"{queries.Rows} queries with k = {k} need {(long)queries.Rows * k} items and scores; {items.Length} and {scores.Length} are offered", nameof(items));
        items.Clear();
        scores.Fill(float.NegativeInfinity);
    }

    /// <summary>Checks the arguments of a question for ranks.</summary>
    internal static void CheckRank(Matrix queries, int queryWidth, int itemCount, ExcludedItems excluded, ReadOnlySpan<int> targets, Span<int> ranks)
    {
        Check(queries, queryWidth, itemCount, excluded);
        if (targets.Length != queries.Rows || ranks.Length < queries.Rows)
            throw new ArgumentException($"{queries.Rows} queries need as many targets and ranks; {targets.Length} and {ranks.Length} are offered", nameof(targets));
        int stranger = targets.IndexOfAnyExceptInRange(1, itemCount);
        if (stranger >= 0) throw new ArgumentException($"target {targets[stranger]} must lie in 1 … {itemCount}", nameof(targets));
    }

    private static void Check(Matrix queries, int queryWidth, int itemCount, ExcludedItems excluded)
    {
        ArgumentNullException.ThrowIfNull(excluded);
        if (queries.Columns != queryWidth) throw new ArgumentException($"queries have {queries.Columns} columns, the index expects {queryWidth}", nameof(queries));
        if (excluded.QueryCount != queries.Rows)
            throw new ArgumentException($"{queries.Rows} queries need as many lists of excluded items; {excluded.QueryCount} are given", nameof(excluded));
        for (int q = 0; excluded.HasSets && q < queries.Rows; q++)
            if (excluded.Among(q) is { } set && set.ItemCount != itemCount)
                throw new ArgumentException($"query {q} chooses from a set of a catalogue of {set.ItemCount} items; the index has {itemCount}", nameof(excluded));
    }
}
