using Sequor.Cli.Reports;
using Sequor.Data;
using Sequor.Evaluation;
using Xunit;

namespace Sequor.Cli.Tests.Reports;

/// <summary>Numbers of the page against what they are by hand.</summary>
public sealed class ReportNumbersTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SequenceStore store;
    private readonly LeaveOneOut view;
    private readonly ItemAudience audience;

    public ReportNumbersTests()
    {
        // Without the last event: item 1 three times, once twice by one user; 2 twice; 3 once; 4 and 5 never.
        var metadata = new SequenceStoreMetadata { Name = "hand", Source = "a test", OrderRule = "as written" };
        using (var writer = new SequenceStoreWriter(folder.File("s"), metadata, ItemVocabulary.Create(["a", "b", "c", "d", "e"]), false, false))
        {
            writer.Add("u", [1, 1, 2], [], []);
            writer.Add("v", [1, 2, 3, 4], [], []);
            writer.Add("w", [2, 1], [], []);
            writer.Add("x", [5], [], []);
            writer.Complete();
        }

        store = SequenceStore.Open(folder.File("s"));
        view = LeaveOneOut.Test(store, 10);
        audience = new ItemAudience(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 10));
    }

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void An_item_has_the_share_of_the_users_and_its_information()
    {
        Assert.Equal([0, 3, 2, 1, 0, 0], audience.Events);
        // Of four users two had item 1, two had item 2, one had item 3.
        Assert.Equal([0.5, 0.5, 0.25, 0, 0], Enumerable.Range(1, 5).Select(audience.Share));
        Assert.Equal([1.0, 1, 2, 2, 2], Enumerable.Range(1, 5).Select(audience.SelfInformation));
    }

    [Fact]
    public void Classes_have_a_third_of_the_events_each()
    {
        // Before item 1 stand 0 of 6 events, before item 2 three, before item 3 five.
        Assert.Equal([0, 1, 2, 2, 2], Enumerable.Range(1, 5).Select(audience.Class));
        Assert.Equal((1, 1, 3), (audience.ClassSize(0), audience.ClassSize(1), audience.ClassSize(2)));
    }

    [Fact]
    public void Lists_are_counted_weighed_and_shared_out()
    {
        UserOutcomes popular = UserOutcomes.OfPopularity(audience.Events, view, 2);
        // u has seen 1: 2, 3. v has seen 1, 2, 3: 4, 5. w has seen 2: 1, 3.
        Assert.Equal([[2, 3], [4, 5], [1, 3]], Enumerable.Range(0, 3).Select(place => popular.Recommended(place).ToArray()));
        Assert.Equal([1, 1, 1], popular.Ranks.ToArray());
        CatalogueUse use = CatalogueUse.Of(popular, audience, itemCount: 5);
        Assert.Equal((5, 1.0), (use.DistinctItems, use.Coverage));
        Assert.Equal((1 + 2 + 2 + 2 + 1 + 2) / 6.0, use.Novelty, 1e-12);
        Assert.Equal((0.5 + 0.25 + 0 + 0 + 0.5 + 0.25) / 6, use.Popularity, 1e-12);
        Assert.Equal(4 / 6.0, use.TailShare, 1e-12);
        CatalogueUse targets = CatalogueUse.OfTargets(view, popular, audience);
        Assert.Equal((null, (0.5 + 0 + 0.5) / 3), (targets.DistinctItems, targets.Popularity));
    }

    [Fact]
    public void Users_are_grouped_by_history_and_by_target()
    {
        UserOutcomes popular = UserOutcomes.OfPopularity(audience.Events, view, 2);
        Assert.Equal([("1 events", "2"), ("2 events", "0"), ("3 events", "1")], UserGroup.ByHistory(view, popular).Select(group => (group.Name, string.Join(' ', group.Places))));
        Assert.Equal([("head: 1 items", "2"), ("torso: 1 items", "0"), ("tail: 3 items", "1")], UserGroup.ByPopularity(view, popular, audience).Select(group => (group.Name, string.Join(' ', group.Places))));
    }

    [Fact]
    public void Names_are_as_long_as_they_must_be()
    {
        Assert.Equal(["hstu", "sasrec"], RunNames.Of(["runs/hstu", "/tmp/sasrec/"]));
        Assert.Equal(["a/run", "b/run", "c"], RunNames.Of(["x/a/run", "x/b/run", "c"]));
    }

    [Fact]
    public void Axes_end_at_round_numbers_around_what_they_show()
    {
        var axis = new Axis(0.013, 0.1893, 0, 100);
        Assert.Equal([0, 0.05, 0.1, 0.15, 0.2], axis.Ticks);
        Assert.Equal("0.00", axis.Format);
        Assert.Equal(50, axis.Place(0.1), 1e-9);
        Assert.Equal([0, 10, 20, 30], new Axis(0, 29, 0, 1, ticks: 3).Ticks);
        Assert.Equal([4, 5, 6], new Axis(5, 5, 0, 1, ticks: 1).Ticks);
    }
}
