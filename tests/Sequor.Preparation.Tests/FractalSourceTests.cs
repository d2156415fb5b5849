using Sequor.Data;
using Sequor.Preparation.Generating;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class FractalSourceTests : IDisposable
{
    private const int UserFactor = 3;
    private const int ItemFactor = 4;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Each_block_is_a_thinned_permuted_copy_with_exactly_its_number_of_entries()
    {
        using var source = SequenceStore.Open(Source());
        double[,] ratings = NaiveExpansion.Ratings(source), rates = NaiveExpansion.Rates(ratings, UserFactor, ItemFactor);
        using var expanded = Prepared.Open(Fractal(), folder.File("e"));
        int users = ratings.GetLength(0), items = ratings.GetLength(1), entries = ratings.Cast<double>().Count(rating => rating != 0);
        var blocks = new FractalBlocks(users, items, entries, rates, 1, 7);
        double expected = 0;
        for (int i = 0; i < UserFactor; i++)
        {
            for (int j = 0; j < ItemFactor; j++)
            {
                // Taken out of the store by ids and items alone, then led back by the permutations' inverses.
                int[] columnBack = new int[items];
                for (int column = 0; column < items; column++) columnBack[blocks.Columns(i, j)[(ulong)column]] = column;
                long count = 0;
                for (int place = 0; place < users; place++)
                {
                    if (!expanded.TryFindUser($"{i * users + place + 1}", out int user)) continue;
                    int row = (int)blocks.Rows(i, j)[(ulong)place];
                    for (int e = 0; e < expanded[user].Length; e++)
                    {
                        int item = int.Parse(expanded.Items.Id(expanded[user].Items[e]), System.Globalization.CultureInfo.InvariantCulture) - 1;
                        if (item / items != j) continue;
                        Assert.Equal(ratings[row, columnBack[item % items]], expanded[user].Ratings[e]);
                        count++;
                    }
                }

                double share = Math.Clamp(rates[i, j], 0.001, 0.995);
                Assert.Equal((long)(entries * share), count);
                expected += entries * share;
            }
        }

        Assert.InRange(expanded.InteractionCount, expected - UserFactor * ItemFactor, expected);
    }

    [Fact]
    public void A_vector_is_resized_by_a_gaussian_and_its_centre()
    {
        // 6 values to 2: three a result, deviation 1, reach 4; the centres are the values 1 and 4.
        double[] values = [3, -1, 4, 1, -5, 9];
        var vector = new TallMatrix(6, 1);
        for (int i = 0; i < 6; i++) vector[i][0] = values[i];
        double[,] resized = ResizedVectors.Resize(vector, 2);
        foreach ((int result, int centre) in ((int, int)[])[(0, 1), (1, 4)])
        {
            double sum = 0, weights = 0;
            for (int i = -4; i <= 4; i++)
            {
                int place = Math.Abs(centre + i);
                if (place > 5) place = 10 - place;
                sum += Math.Exp(-0.5 * i * i) * values[place];
                weights += Math.Exp(-0.5 * i * i);
            }

            Assert.Equal(sum / weights, resized[result, 0], 1e-12);
        }

        // To 12: between the values, mirrored at the edges.
        double[,] longer = ResizedVectors.Resize(vector, 12);
        Assert.Equal([2, 2, 0, 0.25], [longer[0, 0], longer[1, 0], longer[2, 0], longer[3, 0]]);
    }

    [Fact]
    public void A_seed_gives_the_same_bytes_on_one_thread_and_two()
    {
        var source = Fractal();
        string first = Prepare(source, "a", 1), second = Prepare(source, "b", 2);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
        Assert.NotEqual(File.ReadAllBytes(first), File.ReadAllBytes(Prepare(source with { Seed = 8 }, "c", 2)));
    }

    [Fact]
    public void Events_go_by_item_have_no_times_and_nobody_has_an_item_twice()
    {
        using var expanded = Prepared.Open(Fractal(), folder.File("e"));
        Assert.False(expanded.HasTimestamps);
        Assert.True(expanded.HasRatings);
        for (int user = 0; user < expanded.UserCount; user++)
        {
            ReadOnlySpan<int> items = expanded[user].Items;
            Assert.False(items.IsEmpty);
            for (int i = 1; i < items.Length; i++) Assert.True(items[i] > items[i - 1]);
        }
    }

    [Fact]
    public void Users_without_events_leave_their_number_unused()
    {
        using var expanded = Prepared.Open(Fractal() with { ElementRate = 0.02 }, folder.File("e"));
        using var source = SequenceStore.Open(Source());
        int all = source.UserCount * UserFactor;
        Assert.InRange(expanded.UserCount, 1, all - 1);
        Assert.Contains($"{all - expanded.UserCount} users of the expansion had no events and were left out", expanded.Report!.Findings);
        int[] ids = [.. Enumerable.Range(0, expanded.UserCount).Select(user => int.Parse(expanded.UserId(user), System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(ids.Order(), ids);
        Assert.True(ids[^1] > expanded.UserCount);
    }

    [Fact]
    public void Blocks_are_left_out_at_the_block_rate()
    {
        double[,] rates = new double[50, 80];
        for (int i = 0; i < 50; i++) for (int j = 0; j < 80; j++) rates[i, j] = 0.5;
        var blocks = new FractalBlocks(10, 10, 40, rates, 0.25, 3);
        Assert.Equal(0, blocks.TotalKept % 20);
        // 4,000 blocks at 1/4: 1,000 ± 27.
        Assert.InRange(blocks.TotalKept / 20, 1_000 - 5 * 27, 1_000 + 5 * 27);
    }

    [Fact]
    public void Users_with_two_times_and_items_of_nobody_else_do_not_take_part()
    {
        using (var writer = new SequenceStoreWriter(
            folder.File("s"),
            new SequenceStoreMetadata { Name = "s", Source = "test", OrderRule = "given" },
            ItemVocabulary.Create(["a", "b", "c", "d", "e"]),
            hasRatings: true,
            hasTimestamps: true))
        {
            writer.Add("u", [1, 2, 3], [1, 2, 3], [1, 1, 2]);
            writer.Add("v", [2, 4, 5], [1, 5, 3], [1, 2, 3]);
            writer.Add("w", [5, 2], [4, 4], [1, 2]);
            writer.Complete();
        }

        using var store = SequenceStore.Open(folder.File("s"));
        var matrix = new RatingMatrix(store);
        Assert.Equal((1, 3, 3L, 2, 5L), (matrix.RowCount, matrix.ColumnCount, matrix.EntryCount, matrix.LeftOutUserCount, matrix.LeftOutEventCount));
        Assert.Equal((-1, 0, 1, 2), (matrix.Column(1), matrix.Column(2), matrix.Column(4), matrix.Column(5)));
    }

    [Fact]
    public void Popularity_and_length_fall_off_as_in_a_product_drawn_naively()
    {
        using var source = SequenceStore.Open(Source());
        double[,] ratings = NaiveExpansion.Ratings(source);
        double[,] rates = NaiveExpansion.Rates(ratings, 6, 8);
        var random = new Random(1);
        NaiveProduct[] drawn = [.. Enumerable.Range(0, 30).Select(_ => NaiveProduct.Draw(ratings, rates, random))];
        using var expanded = Prepared.Open(Fractal() with { UserFactor = 6, ItemFactor = 8 }, folder.File("e"));
        Check("popularity", Popularity(source), Popularity(expanded), [.. drawn.Select(product => Slope(product.Popularity))]);
        Check("length", Lengths(source), Lengths(expanded), [.. drawn.Select(product => Slope(product.Lengths))]);

        // The source's own slope, which an expansion would have that permutes all blocks alike, is further away than the draws are apart.
        static void Check(string name, int[] before, int[] after, double[] slopes)
        {
            double mean = slopes.Average(), deviation = Math.Sqrt(slopes.Sum(slope => (slope - mean) * (slope - mean)) / (slopes.Length - 1));
            TestContext.Current.SendDiagnosticMessage($"{name}: source {Slope(before):F3}, expanded {Slope(after):F3}, naive {mean:F3} ± {deviation:F3}");
            Assert.InRange(Slope(after), mean - 5 * deviation, mean + 5 * deviation);
            Assert.NotInRange(Slope(before), mean - 5 * deviation, mean + 5 * deviation);
        }
    }

    [Fact]
    public void Settings_that_cannot_be_are_named()
    {
        Refused(Fractal() with { UserFactor = 0 }, "fractal user factor = 0 must be 1 to");
        Refused(Fractal() with { UserFactor = 1, ItemFactor = 1 }, "1 × 1");
        Refused(Fractal() with { UserFactor = 500, ItemFactor = 500 }, "need 500 singular vectors");
        Refused(Fractal() with { BlockRate = 0 }, "block rate = 0 must be above 0");
        Refused(new FractalSource(folder.File("missing")), "does not exist");
    }

    private void Refused(FractalSource source, string part)
    {
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source, folder.File("e")));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("e", folder.Names);
    }

    private FractalSource Fractal() => new(Source()) { UserFactor = UserFactor, ItemFactor = ItemFactor, Seed = 7 };

    private string Source()
    {
        string path = folder.File("source");
        if (!File.Exists(path)) Prepared.Prepare(new SyntheticSource { UserCount = 200, ItemCount = 120, MeanLength = 12 }, path);
        return path;
    }

    private string Prepare(FractalSource source, string name, int threads)
    {
        var request = new PreparationRequest { Source = source, Output = folder.File(name), ThreadCount = threads };
        DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken);
        return request.Output;
    }

    private static int[] Lengths(SequenceStore store) => [.. Enumerable.Range(0, store.UserCount).Select(user => store[user].Length)];

    private static int[] Popularity(SequenceStore store)
    {
        int[] counts = new int[store.Items.Count];
        for (int user = 0; user < store.UserCount; user++)
        {
            foreach (int item in store[user].Items) counts[item - 1]++;
        }

        return counts;
    }

    // Least squares of log count over log rank, without the last tenth of the ranks, where counts are a few.
    private static double Slope(int[] counts)
    {
        double[] sorted = [.. counts.Where(count => count > 0).OrderDescending().Select(count => Math.Log(count))];
        double[] x = [.. Enumerable.Range(1, sorted.Length * 9 / 10).Select(rank => Math.Log(rank))];
        double meanX = x.Average(), meanY = sorted.Take(x.Length).Average();
        return x.Zip(sorted, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
    }
}
