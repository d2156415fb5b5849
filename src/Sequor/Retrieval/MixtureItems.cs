using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>A catalogue and the mixture that scores it. Indexes keep the items' rows, and read the gate's layers at every search.</summary>
/// <param name="Mixture">The similarity.</param>
/// <param name="Table">Item table (X + 1, D).</param>
/// <param name="Normalize">Whether its rows are L2-normalised in front of the mixture.</param>
/// <param name="Epsilon">Smallest norm that normalisation divides by.</param>
internal sealed unsafe record MixtureItems(MixtureOfLogits Mixture, Parameter Table, bool Normalize, float Epsilon)
{

    // 64 blocks of 64: what the tape holds at a time stays a few megabytes.
    private const int Chunk = 64 * ItemBlock.Items;

    internal MixtureItems(RecommenderModel model)
        : this(model.Mixture!, model.Items, model.Config.ItemL2Norm, (float)model.Config.L2NormEpsilon)
    {
    }

    /// <summary>First of the items.</summary>
    internal int First { get; init; } = 1;

    /// <summary>Their number.</summary>
    internal int Count { get; init; } = Table.Value.Rows - 1;

    /// <summary>Shows the rows of all items (n, item width) in order, a chunk at a time; every chunk but the last holds a multiple of 64. The place of its first item counts from 0.</summary>
    internal void ForEachChunk(WorkerPool workers, Action<int, Matrix> take)
    {
        using var tape = new Tape(workers, differentiate: false);
        for (int first = 0; first < Count; first += Chunk)
        {
            int count = Math.Min(Chunk, Count - first);
            tape.Begin();
            int* items = (int*)tape.AllocateFloats(count);
            for (int i = 0; i < count; i++) items[i] = First + first + i;
            take(first, Mixture.Items(tape, ItemRowsOperation.Apply(tape, Table, items, count, Normalize, Epsilon)));
        }
    }
}
