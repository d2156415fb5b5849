using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>The best items by dot product.</summary>
internal sealed unsafe class DotTopKScan(ItemBlocks blocks, WorkerPool workers) : TopKScan(blocks, workers)
{
    protected override void Score(int block, int first, int count, float* room, float* scores) =>
        ItemBlock.Score(Queries.Row(first), Queries.Stride, count, blocks[block], blocks.Dim, scores);
}
