using System.Globalization;
using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>The reference's preprocessor on the same raw files: users, item codes, ratings, times and order.</summary>
public sealed class GoldenPreparationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Amazon_has_the_users_codes_and_sequences_of_the_reference()
    {
        string golden = Golden("amzn");
        using SequenceStore store = Prepared.Open(KnownDatasets.Create("amzn-books", Path.Combine(golden, "ratings_Books.csv")), folder.File("s"), verify: false);
        // The reference codes users and items by the order of their ids among the rows that the counts leave, and keeps the codes of users it drops later.
        string[] users = [.. Survivors(Path.Combine(golden, "ratings_Books.csv")).Select(row => row[0]).Distinct().Order(StringComparer.Ordinal)];
        string[] found =
        [
            .. Enumerable.Range(0, store.UserCount).Select(user => Line(
                Array.IndexOf(users, store.UserId(user)), store[user].Items.ToArray().Select(item => item - 1), store[user].Ratings, store[user].Timestamps)),
        ];
        Assert.Equal(Reference(golden), found.Order(StringComparer.Ordinal));
        Assert.Equal(Survivors(Path.Combine(golden, "ratings_Books.csv")).Select(row => row[1]).Distinct().Count(), store.Items.Count);
        Assert.NotNull(store.Report);
        Assert.Equal(store.Report.RowCount - store.InteractionCount, store.Report.Dropped.Sum(dropped => dropped.Count));
    }

    [Fact]
    public void MovieLens_has_the_users_ids_and_sequences_of_the_reference()
    {
        string golden = Golden("ml-1m");
        using SequenceStore store = Prepared.Open(KnownDatasets.Create("ml-1m", golden), folder.File("s"), verify: false);
        string[] found =
        [
            .. Enumerable.Range(0, store.UserCount).Select(user => Line(
                int.Parse(store.UserId(user), CultureInfo.InvariantCulture), store[user].Items.ToArray().Select(item => int.Parse(store.Items.Id(item), CultureInfo.InvariantCulture)),
                store[user].Ratings, store[user].Timestamps)),
        ];
        Assert.Equal(Reference(golden), found.Order(StringComparer.Ordinal));
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);

    private static string Line(int user, IEnumerable<int> items, ReadOnlySpan<float> ratings, ReadOnlySpan<long> timestamps) => string.Create(
        CultureInfo.InvariantCulture, $"{user}: {string.Join(',', items)} {string.Join(',', ratings.ToArray().Select(rating => rating.ToString(CultureInfo.InvariantCulture)))} {string.Join(',', timestamps.ToArray())}");

    private static IEnumerable<string> Reference(string golden) => File.ReadAllLines(Path.Combine(golden, "sasrec_format.csv")).Skip(1).Select(line =>
    {
        string[] quoted = line.Split('"');
        return $"{line.Split(',')[1]}: {quoted[1]} {quoted[3].Replace(".0", "", StringComparison.Ordinal)} {quoted[5]}";
    }).Order(StringComparer.Ordinal);

    private static string[][] Survivors(string path)
    {
        string[][] rows = [.. File.ReadAllLines(path).Select(line => line.Split(','))];
        var users = rows.CountBy(row => row[0]).ToDictionary();
        var items = rows.CountBy(row => row[1]).ToDictionary();
        return [.. rows.Where(row => users[row[0]] >= 5 && items[row[1]] >= 5)];
    }
}
