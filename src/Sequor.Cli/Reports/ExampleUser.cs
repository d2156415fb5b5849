using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;

namespace Sequor.Cli.Reports;

/// <summary>An item that is shown.</summary>
internal sealed record ShownItem(string Id, string Title, bool IsTarget);

/// <summary>What a run recommends to a user.</summary>
/// <param name="Items">Best first.</param>
/// <param name="TargetRank">Rank of the true next item.</param>
internal sealed record ExampleList(IReadOnlyList<ShownItem> Items, int TargetRank);

/// <summary>A user that is shown: what came last, what came next, and what each run would have recommended.</summary>
/// <param name="Id">The user.</param>
/// <param name="Why">Why this one.</param>
/// <param name="HistoryLength">Events before the target.</param>
/// <param name="History">The newest of them, oldest first.</param>
/// <param name="Target">The true next item.</param>
/// <param name="Lists">A list for each run.</param>
internal sealed record ExampleUser(string Id, string Why, int HistoryLength, IReadOnlyList<ShownItem> History, ShownItem Target, IReadOnlyList<ExampleList> Lists)
{
    private const int ShownHistory = 5;

    /// <summary>
    /// Draws users, in turn one whom every run serves, one whom some serve and others do not, one whom none serves: served means that the true next item is among the
    /// first ten. Users are drawn, not picked: the first of a random order that fits.
    /// </summary>
    public static ExampleUser[] Choose(LeaveOneOut view, UserOutcomes[] runs, int count, ulong seed)
    {
        var random = new CounterRandom(seed, RandomPurpose.Examples, 0);
        List<int> places = [.. Enumerable.Range(0, runs[0].Users.Length).OrderBy(place => random.Bits((ulong)place))];
        (string Why, Func<int, bool> Fits)[] kinds =
        [
            (runs.Length == 1 ? "served: the next item is among the first ten" : "served by every run", served => served == runs.Length),
            ("served by some", served => served > 0 && served < runs.Length),
            (runs.Length == 1 ? "not served" : "served by none", served => served == 0),
        ];
        var chosen = new List<ExampleUser>();
        for (int turn = 0, idle = 0; chosen.Count < count && idle < kinds.Length; turn++)
        {
            (string why, Func<int, bool> fits) = kinds[turn % kinds.Length];
            int found = places.FindIndex(place => fits(runs.Count(run => run.Ranks[place] <= Comparison.Depth)));
            idle = found < 0 ? idle + 1 : 0;
            if (found < 0) continue;
            chosen.Add(Show(view, runs, places[found], why));
            places.RemoveAt(found);
        }

        return [.. chosen];
    }

    private static ExampleUser Show(LeaveOneOut view, UserOutcomes[] runs, int place, string why)
    {
        int user = runs[0].Users[place];
        LeaveOneOutExample example = view.Get(user);
        ItemVocabulary items = view.Store.Items;
        int target = example.TargetItem;
        return new ExampleUser(
            view.Store.UserId(user),
            why,
            view.EventCount(user) - 1,
            [.. example.History.Items[^Math.Min(ShownHistory, example.History.Length)..].ToArray().Select(Item)],
            Item(target),
            [.. runs.Select(run => new ExampleList([.. run.Recommended(place).ToArray().Where(item => item != 0).Select(Item)], run.Ranks[place]))]);

        ShownItem Item(int index) => new(items.Id(index), items.Title(index) ?? items.Id(index), index == target);
    }
}
