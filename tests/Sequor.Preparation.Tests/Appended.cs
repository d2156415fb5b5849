using System.Globalization;
using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>Short ways to append and to compare.</summary>
internal static class Appended
{
    public static PreparationSummary Append(
        string store, DelimitedRatingsSource rows, string? output = null, InteractionFilter? filter = null, CancellationToken? cancellation = null) =>
        DatasetPreparer.Prepare(
            new PreparationRequest { Source = new AppendSource(store, rows), Output = output ?? store, Filter = filter ?? new(), ThreadCount = 1 },
            null,
            cancellation ?? TestContext.Current.CancellationToken);

    public static string Refused(string store, DelimitedRatingsSource rows, InteractionFilter? filter = null) =>
        Assert.Throws<InvalidInputException>(() => Append(store, rows, filter: filter)).Message;

    /// <summary>A file of rows as a source; the columns are those that its first line names.</summary>
    public static DelimitedRatingsSource Rows(this TemporaryFolder folder, string name, string text)
    {
        string[] columns = text.Split('\n')[0].Split(',');
        return new DelimitedRatingsSource
        {
            Paths = [folder.Write(name, text)], UserColumn = "user", ItemColumn = "item", RatingColumn = Named("rating"), TimeColumn = Named("time"), OrderColumn = Named("order"),
        };

        string? Named(string column) => columns.Contains(column) ? column : null;
    }

    /// <summary>Every user's events as text, by user id: <c>user: item/rating@time …</c>.</summary>
    public static string[] Sequences(string path)
    {
        using var store = SequenceStore.Open(path);
        return [.. Enumerable.Range(0, store.UserCount).Select(user => Sequence(store, user)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Ids of the items in the order of their indices.</summary>
    public static string[] ItemIds(string path)
    {
        using var store = SequenceStore.Open(path);
        return [.. Enumerable.Range(1, store.Items.Count).Select(store.Items.Id)];
    }

    /// <summary>Ids of the users in the order of their places.</summary>
    public static string[] UserIds(string path)
    {
        using var store = SequenceStore.Open(path);
        return [.. Enumerable.Range(0, store.UserCount).Select(store.UserId)];
    }

    private static string Sequence(SequenceStore store, int user)
    {
        UserSequence events = store[user];
        var texts = new List<string>();
        for (int i = 0; i < events.Length; i++)
        {
            string rating = events.Ratings.IsEmpty ? "" : string.Create(CultureInfo.InvariantCulture, $"/{events.Ratings[i]}");
            texts.Add($"{store.Items.Id(events.Items[i])}{rating}{(events.Timestamps.IsEmpty ? "" : $"@{events.Timestamps[i]}")}");
        }

        return $"{store.UserId(user)}: {string.Join(' ', texts)}";
    }
}
