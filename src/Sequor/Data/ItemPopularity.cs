namespace Sequor.Data;

/// <summary>How often items occur in what a model may learn from.</summary>
public static class ItemPopularity
{
    /// <summary>Events of each item (X + 1 counts, entry 0 for padding) that the view knows.</summary>
    public static long[] Count(LeaveOneOut view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var counts = new long[view.Store.Items.Count + 1];
        for (int user = 0; user < view.Store.UserCount; user++)
            foreach (int item in view.Store[user].Items[..view.EventCount(user)]) counts[item]++;
        return counts;
    }
}
