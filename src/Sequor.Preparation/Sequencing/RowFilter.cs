using System.Globalization;
using Sequor.Data;
using Sequor.Preparation.Reading;

namespace Sequor.Preparation.Sequencing;

/// <summary>Which rows of <see cref="Interactions"/> become events: duplicates, counts, k-core and the sample of users, in this order.</summary>
internal sealed class RowFilter
{
    private readonly Interactions rows;
    private readonly DropLog drops;

    /// <summary>Applies a filter.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="filter">The rules; time range and rating were applied when the rows were read.</param>
    /// <param name="minimumCount">Rows that a user and an item must have, counted once; 0 for none.</param>
    /// <param name="layoutBytes">Memory for sorting.</param>
    /// <param name="drops">Takes what is left out.</param>
    /// <param name="isUnlisted">Whether rows of an item code are left out before all else, because no items file lists it; null when all stay.</param>
    public RowFilter(Interactions rows, InteractionFilter filter, int minimumCount, long layoutBytes, DropLog drops, bool[]? isUnlisted = null)
    {
        this.rows = rows;
        this.drops = drops;
        Kept = new RowSet(rows.RowCount);
        UserCounts = rows.UserIds.Counts();
        ItemCounts = rows.ItemIds.Counts();
        if (isUnlisted is not null) DropItems(isUnlisted);
        if (filter.Duplicates == DuplicatePolicy.Last) KeepLast(layoutBytes);
        if (minimumCount > 0) DropRare(minimumCount, $"with fewer than {minimumCount} rows");
        while (filter.KCore > 0 && DropRare(filter.KCore, $"not in the core of {filter.KCore} rows")) { }
        IsListed = Array.ConvertAll(ItemCounts, count => count > 0);
        // The reference numbers the items before it drops the users that the filter left with too little.
        if (minimumCount > 0) DropUsers(user => UserCounts[user] < minimumCount, $"user left with fewer than {minimumCount} rows");
        if (filter.MaximumUsers is { } most && UserCounts.Count(count => count > 0) > most) Sample(most);
    }

    /// <summary>Rows that become events.</summary>
    public RowSet Kept { get; }

    /// <summary>Kept rows of each user code.</summary>
    public int[] UserCounts { get; }

    /// <summary>Kept rows of each item code.</summary>
    public int[] ItemCounts { get; }

    /// <summary>Whether an item code belongs to the catalogue, where the rows are all that is known of it.</summary>
    public bool[] IsListed { get; private set; }

    private void DropItems(bool[] isDropped)
    {
        DropReason reason = drops["item not in the items file"];
        rows.ForEach((row, user, item) =>
        {
            if (!isDropped[item]) return;
            Kept.Remove(row);
            if (reason.Add(item)) reason.Show($"item {rows.ItemIds.Text(item)}");
        });
        Count();
    }

    private void Count()
    {
        Array.Clear(UserCounts);
        Array.Clear(ItemCounts);
        rows.ForEach((row, user, item) =>
        {
            if (!Kept.Contains(row)) return;
            UserCounts[user]++;
            ItemCounts[item]++;
        });
    }

    private void KeepLast(long layoutBytes)
    {
        DropReason reason = drops["not the user's last event with the item"];
        var seen = new HashSet<int>();
        var layout = new SequenceLayout(rows, Kept, [.. Enumerable.Range(0, UserCounts.Length)], UserCounts, layoutBytes) { WithRows = true };
        layout.ForEach((user, events) =>
        {
            seen.Clear();
            for (int i = events.Items.Length - 1; i >= 0; i--)
            {
                if (seen.Add(events.Items[i])) continue;
                Kept.Remove(events.Rows[i]);
                if (reason.Add(((long)user << 32) | (uint)events.Items[i])) reason.Show($"user {rows.UserIds.Text(user)}, item {rows.ItemIds.Text(events.Items[i])}");
            }
        });
        Count();
    }

    // One round over counts as they stand; whether anything fell away.
    private bool DropRare(int minimum, string rule)
    {
        bool any = false;
        DropReason ofUser = drops[$"user {rule}"], ofItem = drops[$"item {rule}"];
        int[] users = [.. UserCounts], items = [.. ItemCounts];
        rows.ForEach((row, user, item) =>
        {
            bool rareUser = users[user] < minimum;
            if ((!rareUser && items[item] >= minimum) || !Kept.Contains(row)) return;
            any = true;
            Kept.Remove(row);
            UserCounts[user]--;
            ItemCounts[item]--;
            if (!(rareUser ? ofUser.Add(user) : ofItem.Add(item))) return;
            if (rareUser) ofUser.Show(Example("user", rows.UserIds, user, users[user]));
            else ofItem.Show(Example("item", rows.ItemIds, item, items[item]));
        });
        return any;
    }

    private void DropUsers(Func<int, bool> isDropped, string text)
    {
        DropReason reason = drops[text];
        int[] counts = [.. UserCounts];
        bool[] dropped = new bool[counts.Length];
        bool any = false;
        for (int user = 0; user < counts.Length; user++) any |= dropped[user] = counts[user] > 0 && isDropped(user);
        if (!any) return;
        rows.ForEach((row, user, item) =>
        {
            if (!dropped[user] || !Kept.Contains(row)) return;
            Kept.Remove(row);
            UserCounts[user]--;
            ItemCounts[item]--;
            if (reason.Add(user)) reason.Show(Example("user", rows.UserIds, user, counts[user]));
        });
    }

    private void Sample(int most)
    {
        ulong[] keys = new ulong[UserCounts.Length];
        rows.UserIds.ForEach((user, place) => keys[user] = SplitMix.Mix((ulong)UserKey.Of(rows.UserIds.At(place))));
        ulong[] sorted = [.. keys.Where((_, user) => UserCounts[user] > 0)];
        Array.Sort(sorted);
        ulong limit = sorted[most];
        DropUsers(user => keys[user] >= limit, string.Create(CultureInfo.InvariantCulture, $"user outside the sample of {most}"));
        IsListed = Array.ConvertAll(ItemCounts, count => count > 0);
    }

    private static string Example(string what, Utf8Dictionary ids, int code, int count) => $"{what} {ids.Text(code)} ({count} row{(count == 1 ? "" : "s")})";
}
