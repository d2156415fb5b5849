using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Modeling.ItemEmbeddings;

namespace Sequor.Modeling;

/// <summary>
/// A generative recommender: item table → input preprocessor → encoder → output postprocessor. The same code trains (a tape that
/// differentiates) and answers (one that does not).
/// </summary>
public sealed class RecommenderModel : IDisposable
{
    private readonly ItemEmbedding _embedding;
    private readonly Parameter _position;
    private readonly SequenceEncoder _encoder;
    private readonly List<Parameter> _parameters;

    /// <summary>Makes a model with zero weights for items 1 … <paramref name="itemCount"/>, with the attributes that its embedding may read.</summary>
    /// <exception cref="InvalidInputException">The embedding needs an attribute that is not there.</exception>
    public RecommenderModel(ModelConfig config, int itemCount, IReadOnlyList<ItemAttribute>? attributes = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(itemCount, 1);
        Config = config;
        ItemCount = itemCount;
        _embedding = ItemEmbedding.Create(config, itemCount, attributes ?? []);
        _position = new Parameter("_input_features_preproc._pos_emb.weight", [config.Window, config.EmbeddingDim]);
        _encoder = config.Encoder switch
        {
            EncoderKind.Hstu => new HstuEncoder(config.Hstu, config.EmbeddingDim, config.Window),
            EncoderKind.SasRec => new SasRecEncoder(config.SasRec, config.EmbeddingDim),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.Encoder, "unknown encoder"),
        };
        _parameters = [.. _embedding.Parameters, _position, .. _encoder.Parameters];
    }

    /// <summary>The architecture.</summary>
    public ModelConfig Config { get; }

    /// <summary>Catalogue size, X.</summary>
    public int ItemCount { get; }

    /// <summary>Item table (X + 1, D) as it is scored; row 0 is padding. Learned itself, or put together from what is.</summary>
    public Parameter Items => _embedding.Items;

    /// <summary>All learned arrays, under the reference's names.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Draws initial weights as the reference does.</summary>
    /// <param name="seed">Seed of all draws.</param>
    /// <param name="popularity">Training events of each item (X + 1): one without any is told by its attributes alone. Empty when every item has some.</param>
    public void Initialize(ulong seed, ReadOnlySpan<long> popularity = default)
    {
        _embedding.Initialize(new WeightInitializer(seed), popularity);
        RefreshItems();
        _encoder.Initialize(seed, _position);
    }

    /// <summary>Brings <see cref="Items"/> up to date after training steps or new weights, before anyone searches or answers. Free for a table that is learned itself.</summary>
    public void RefreshItems(WorkerPool? workers = null) => _embedding.Refresh(workers ?? WorkerPool.Shared);

    /// <summary>States of all tokens (T, D), ready to be scored against items.</summary>
    public Matrix Encode(Tape tape, SequenceBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.LongestHistory > Config.Window)
            throw new ArgumentException($"a history of {batch.LongestHistory} events does not fit the window of {Config.Window}; cut it to the newest {Config.MaxSequenceLength}", nameof(batch));
        int stranger = batch.Items.IndexOfAnyExceptInRange(1, ItemCount);
        if (stranger >= 0) throw new ArgumentException($"item index {batch.Items[stranger]} must lie in 1 … {ItemCount}", nameof(batch));
        _embedding.Begin(tape);
        Matrix x = EmbeddingOperation.Apply(tape, batch, Items, _position, Config.DropoutRate);
        x = _encoder.Encode(tape, batch, x);
        float epsilon = (float)Config.L2NormEpsilon;
        return Config.OutputNorm == OutputNorm.L2 ? L2NormOperation.Apply(tape, x, epsilon) : LayerNormOperation.Apply(tape, x, epsilon);
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        _embedding.Dispose();
        foreach (Parameter parameter in _parameters) parameter.Dispose();
    }
}
