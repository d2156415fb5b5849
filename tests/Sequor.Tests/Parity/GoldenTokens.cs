using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Tests.Parity;

/// <summary>States, targets and weights of a loss case, jagged, on a tape of their own.</summary>
internal sealed class GoldenTokens : IDisposable
{
    private readonly int[] _places;
    private readonly int _size;

    internal unsafe GoldenTokens(GoldenCase golden)
    {
        int[] shape = golden.Shape("in.output_embeddings"), lengths = golden.Ints("in.past_lengths"), ids = golden.Ints("in.past_ids");
        int width = shape[1], dim = shape[2], tokens = lengths.Sum();
        float[] embeddings = golden.Floats("in.output_embeddings"), weights = golden.Floats("in.supervision_weights");
        _size = embeddings.Length;
        Table = new Parameter("table", golden.Shape("w._item_emb.weight"), isTable: true);
        GoldenModel.Copy(golden.Floats("w._item_emb.weight"), Table.Value);
        Tape = new Tape(WorkerPool.Shared, differentiate: true);
        Tape.Begin();
        States = Tape.Allocate(tokens, dim);
        new Span<float>(States.Data, (int)States.Size).Clear();
        Targets = new int[tokens];
        Weights = new float[tokens];
        float[] ratings = golden.Has("in.supervision_ratings") ? golden.Floats("in.supervision_ratings") : [];
        Labels = new float[ratings.Length == 0 ? 0 : tokens];
        _places = new int[tokens];
        for (int b = 0, t = 0; b < lengths.Length; b++)
            for (int i = 0; i < lengths[b]; i++, t++)
            {
                _places[t] = b * width + i;
                Targets[t] = ids[_places[t] + 1];
                Weights[t] = weights[b * (width - 1) + i];
                if (Labels.Length > 0) Labels[t] = ratings[b * (width - 1) + i];
                embeddings.AsSpan(_places[t] * dim, dim).CopyTo(States[t]);
            }
    }

    internal Parameter Table { get; }

    internal Tape Tape { get; }

    internal Matrix States { get; }

    internal int[] Targets { get; }

    internal float[] Weights { get; }

    /// <summary>Ratings of the targets, where the case has them.</summary>
    internal float[] Labels { get; }

    /// <summary>The gradient of the states in the padded places of the case.</summary>
    internal float[] StateGradient()
    {
        var gradient = new float[_size];
        for (int t = 0; t < Targets.Length; t++) States.GradientRow(t).CopyTo(gradient.AsSpan(_places[t] * States.Columns));
        return gradient;
    }

    public void Dispose()
    {
        Tape.Dispose();
        Table.Dispose();
    }
}
