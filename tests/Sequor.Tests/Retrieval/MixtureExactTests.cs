using Sequor.Kernels;
using Sequor.Modeling.Similarities;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

public class MixtureExactTests
{
    public static TheoryData<int, IndexPrecision> Cases
    {
        get
        {
            var cases = new TheoryData<int, IndexPrecision>();
            for (int config = 0; config < MixtureCatalogue.Configs.Length; config++)
                foreach (IndexPrecision precision in Enum.GetValues<IndexPrecision>()) cases.Add(config, precision);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_have_the_items_and_bits_of_brute_force(int config, IndexPrecision precision)
    {
        int passes = 0;
        foreach (int count in (int[])[1, 64, 65, 500, 4000])
            foreach (int users in (int[])[1, 45])
            {
                using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[config], count, users, seed: count + users);
                using var brute = new MixtureBruteForce(catalogue.Model, WorkerPool.Shared);
                using var exact = new MixtureExact(catalogue.Model, WorkerPool.Shared, precision);
                foreach (int k in (int[])[1, 10, 600])
                {
                    ExcludedItems excluded = catalogue.Excluded(count / 2, seed: k);
                    var reports = new MixtureSearchReport[users];
                    int[] items = new int[users * k];
                    float[] scores = new float[users * k];
                    exact.Search(catalogue.Queries, excluded, k, items, scores, reports);
                    MixtureCatalogue.AssertSame(MixtureCatalogue.Search(brute, catalogue.Queries, excluded, k), (items, scores));
                    foreach (MixtureSearchReport report in reports)
                    {
                        passes |= report.Passes;
                        Assert.InRange(report.CandidateCount, 0, count);
                    }
                }
            }
        // Both ways to an end were taken.
        Assert.Equal(3, passes);
    }

    // With one component pair φ is its logit, and the first pass always suffices but for ties at its end.
    [Fact]
    public void Of_one_component_the_first_pass_holds_the_answer()
    {
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[3], 3000, 20);
        using var exact = new MixtureExact(catalogue.Model, WorkerPool.Shared);
        var reports = new MixtureSearchReport[20];
        exact.Search(catalogue.Queries, catalogue.Excluded(0), 10, new int[200], new float[200], reports);
        Assert.All(reports, report => Assert.InRange(report.FirstPassErrorBound, 0, 1e-4f));
    }

    [Fact]
    public void The_error_bound_of_the_first_pass_holds()
    {
        const int K = 10;
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[0], 3000, 40);
        using var exact = new MixtureExact(catalogue.Model, WorkerPool.Shared);
        using ITopKIndex first = TopKIndex.Create(catalogue.Model, new TopKMethod(TopKKind.MixtureNaive, K), WorkerPool.Shared);
        var reports = new MixtureSearchReport[40];
        float[] best = new float[40 * K];
        exact.Search(catalogue.Queries, catalogue.Excluded(0), K, new int[40 * K], best, reports);
        float[] found = MixtureCatalogue.Search(first, catalogue.Queries, catalogue.Excluded(0), K).Scores;
        for (int u = 0; u < 40; u++) Assert.InRange(best[u * K + K - 1] - found[u * K + K - 1], 0, reports[u].FirstPassErrorBound);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Items_that_are_not_numbers_hide_no_other(int config, IndexPrecision precision)
    {
        MixtureOfLogitsConfig settings = MixtureCatalogue.Configs[config];
        using var catalogue = new MixtureCatalogue(settings, 1000, 3);
        catalogue.Model.Items.Value[70][2] = float.NaN;
        catalogue.Model.Items.Value[500].Fill(float.PositiveInfinity);
        using var brute = new MixtureBruteForce(catalogue.Model, WorkerPool.Shared);
        using var exact = new MixtureExact(catalogue.Model, WorkerPool.Shared, precision);
        ExcludedItems nothing = catalogue.Excluded(0);
        foreach (int k in (int[])[5, 1000])
            MixtureCatalogue.AssertSame(MixtureCatalogue.Search(brute, catalogue.Queries, nothing, k), MixtureCatalogue.Search(exact, catalogue.Queries, nothing, k));
    }
}
