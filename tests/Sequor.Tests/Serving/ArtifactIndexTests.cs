using Sequor.Artifacts;
using Sequor.Kernels;
using Sequor.Retrieval;
using Sequor.Serving;
using Xunit;

namespace Sequor.Tests.Serving;

public sealed class ArtifactIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_named_prevails_over_what_the_artefact_has_and_that_over_the_settings()
    {
        string directory = _folder.File("model");
        SmallModel.Write(directory, SmallModel.Hstu);
        var brute = new TopKMethod(TopKKind.MipsBruteForce);
        var indexer = new TopKMethod(TopKKind.HIndexer, 0, 50);
        using (ModelArtifact bare = ModelArtifact.Load(directory))
        {
            Assert.Empty(bare.Indices);
            Assert.Equal((brute, IndexPrecision.Float32), ArtifactIndex.Choose(bare, null, null));
            foreach (var (method, precision) in new[] { (indexer, IndexPrecision.Int8), (brute, IndexPrecision.BFloat16) })
            {
                using ITopKIndex index = TopKIndex.Create(bare.Model, method, WorkerPool.Shared, precision);
                ArtifactIndex.Save(directory, bare, index, precision);
            }
        }
        using ModelArtifact artifact = ModelArtifact.Load(directory);
        Assert.Equal(["MIPSBruteForceTopK bfloat16", "HIndexerTopK50 int8"], artifact.Indices.Select(index => $"{index.Method} {index.Precision}"));
        Assert.Equal((brute, IndexPrecision.BFloat16), ArtifactIndex.Choose(artifact, null, null));
        Assert.Equal((indexer, IndexPrecision.Int8), ArtifactIndex.Choose(artifact, indexer, null));
        Assert.Equal((indexer, IndexPrecision.Int8), ArtifactIndex.Choose(artifact, null, IndexPrecision.Int8));
        Assert.Equal((indexer, IndexPrecision.Float32), ArtifactIndex.Choose(artifact, indexer, IndexPrecision.Float32));
        Assert.Equal((new TopKMethod(TopKKind.HIndexer, 0, 9), IndexPrecision.Float32), ArtifactIndex.Choose(artifact, new TopKMethod(TopKKind.HIndexer, 0, 9), null));
        Assert.Throws<InvalidInputException>(() => ArtifactIndex.Choose(artifact, new TopKMethod(TopKKind.MixtureExact), null));
        using ITopKIndex opened = ArtifactIndex.Open(artifact, null, null, WorkerPool.Shared);
        Assert.Equal(IndexPrecision.BFloat16, Assert.IsType<MipsBruteForce>(opened).Precision);
        Assert.True(opened.MemoryBytes > 0);
    }

    [Fact]
    public void An_index_of_other_weights_is_not_added()
    {
        string directory = _folder.File("model");
        SmallModel.Write(directory, SmallModel.Hstu);
        using ModelArtifact artifact = ModelArtifact.Load(directory);
        using ITopKIndex index = TopKIndex.Create(artifact.Model, TopKIndex.Default(artifact.Model), WorkerPool.Shared);
        // Another model takes the place meanwhile.
        SmallModel.Write(directory, SmallModel.Hstu, seed: 8);
        var error = Assert.Throws<InvalidInputException>(() => ArtifactIndex.Save(directory, artifact, index, IndexPrecision.Float32));
        Assert.Contains("is an index of weights with sha256", error.Message, StringComparison.Ordinal);
        using ModelArtifact other = ModelArtifact.Load(directory);
        Assert.Empty(other.Indices);
    }
}
