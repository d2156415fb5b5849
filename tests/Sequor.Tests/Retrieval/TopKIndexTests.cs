using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

public class TopKIndexTests
{
    private static readonly string[] s_names = ["MIPSBruteForceTopK", "MoLBruteForceTopK", "MoLNaiveTopK5", "MoLAvgTopK9", "MoLCombTopK5_9", "MoLExactTopK", "HIndexerTopK8"];

    [Fact]
    public void Every_method_is_built_for_the_models_it_fits_and_refused_for_others()
    {
        using var mixture = new MixtureCatalogue(MixtureCatalogue.Configs[0], 20, 1);
        using var dot = new RecommenderModel(new ModelConfig { EmbeddingDim = 4, MaxSequenceLength = 8 }, 20);
        foreach (string name in s_names)
        {
            Assert.True(TopKMethod.TryParse(name, out TopKMethod method));
            foreach (RecommenderModel model in (RecommenderModel[])[mixture.Model, dot])
            {
                if (name.StartsWith("HIndexer", StringComparison.Ordinal) || name.StartsWith("MoL", StringComparison.Ordinal) == (model.Mixture is not null))
                {
                    using ITopKIndex index = TopKIndex.Create(model, method, WorkerPool.Shared);
                    Assert.Equal(name, index.Method.ToString());
                    Assert.Equal(20, index.ItemCount);
                }
                else
                {
                    var error = Assert.Throws<InvalidInputException>(() => TopKIndex.Create(model, method, WorkerPool.Shared));
                    Assert.Contains(name, error.Message, StringComparison.Ordinal);
                    Assert.Contains(TopKIndex.Default(model).ToString(), error.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Theory]
    [InlineData("MoLBruteForceTopK", IndexPrecision.Int8, "MoLExactTopK")]
    [InlineData("HIndexerTopK8", IndexPrecision.BFloat16, "Int8")]
    public void A_precision_that_a_method_does_not_have_is_refused(string name, IndexPrecision precision, string instead)
    {
        using var mixture = new MixtureCatalogue(MixtureCatalogue.Configs[0], 20, 1);
        Assert.True(TopKMethod.TryParse(name, out TopKMethod method));
        var error = Assert.Throws<InvalidInputException>(() => TopKIndex.Create(mixture.Model, method, WorkerPool.Shared, precision));
        Assert.Contains(instead, error.Message, StringComparison.Ordinal);
    }
}
