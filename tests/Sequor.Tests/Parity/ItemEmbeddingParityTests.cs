using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling.ItemEmbeddings;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>The categorical embedding of the reference; the case holds helpers of jagged tensors besides, which nothing here needs.</summary>
public class ItemEmbeddingParityTests
{
    public static TheoryData<string> Cases => GoldenCase.Of("utils");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Categorical_embeddings_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] categories = golden.Ints("in.item_id_to_category_id"), ids = golden.Ints("in.cat_ids"), shape = golden.Shape("in.cat_table");
        using var embedding = new CategoricalItemEmbedding(categories, shape[0] - 1, shape[1]);
        using Parameter table = embedding.Parameters[0];
        Assert.Equal("_embedding_module._item_emb.weight", table.Name);
        GoldenModel.Copy(golden.Floats("in.cat_table"), table.Value);
        embedding.Refresh(WorkerPool.Shared);

        float[] rows = [.. ids.SelectMany(id => embedding.Items.Value[id].ToArray())];
        Agreement.Check("out.categorical_embeddings", golden.Floats("out.categorical_embeddings"), rows);
    }
}
