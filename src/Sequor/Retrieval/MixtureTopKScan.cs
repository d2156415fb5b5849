using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>The best items by the mixture φ, computed for every pair; the queries of a batch share a block while it is in cache.</summary>
internal sealed unsafe class MixtureTopKScan(MixtureBlocks blocks, WorkerPool workers) : TopKScan(blocks, workers)
{
    protected override bool SamplePays => false;

    protected override long Room => MixtureTile.Size(blocks.Gate, ItemBlock.Items);

    protected override void Score(int block, int first, int count, float* room, float* scores)
    {
        MixtureGate gate = blocks.Gate;
        var tile = new MixtureTile(room, gate, ItemBlock.Items, differentiates: false, dropsLogits: false, dropsWeights: false);
        for (int r = 0; r < count; r++)
        {
            MixtureScores.Forward(gate, Queries.Row(first + r), blocks[block], tile);
            new ReadOnlySpan<float>(tile.Scores, ItemBlock.Items).CopyTo(new Span<float>(scores + r * ItemBlock.Items, ItemBlock.Items));
        }
    }
}
