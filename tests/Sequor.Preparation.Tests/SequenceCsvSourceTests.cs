using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class SequenceCsvSourceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Users_and_events_keep_the_order_of_the_file()
    {
        folder.Write("sasrec_format.csv", "index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps\n1,9,\"2,1\",\"4,5\",\"7,7\"\n0,3,\"1\",\"1.0\",\"6\"\n");
        folder.Write("movies.dat", "1::A (2001)::X\n2::B (2002)::X\n3::C (2003)::X\n");
        using var store = Prepared.Open(new SequenceCsvSource(folder.Path, folder.Path), folder.File("s"));
        Assert.Equal(["9: 2 1", "3: 1"], Prepared.Lines(store));
        Assert.Equal(3, store.Items.Count);
        Assert.Equal("C (2003)", store.Items.Title(3));
    }

    [Fact]
    public void Exported_data_import_as_the_same_events()
    {
        using var store = Prepared.Open(new SyntheticSource { UserCount = 40, ItemCount = 100, MeanLength = 8 }, folder.File("s"));
        SequenceCsv.Write(store, folder.File("sasrec_format.csv"), TestContext.Current.CancellationToken);
        using var again = Prepared.Open(new SequenceCsvSource(folder.Path), folder.File("t"));
        Assert.Equal(Prepared.Lines(store), Prepared.Lines(again));
        Assert.Equal(store[7].Ratings, again[7].Ratings);
        Assert.Equal(store[7].Timestamps, again[7].Timestamps);
    }
}
