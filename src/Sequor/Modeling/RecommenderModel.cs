using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Modeling.Similarities;

namespace Sequor.Modeling;

/// <summary>
/// A generative recommender: item table → input preprocessor → encoder → output postprocessor. The same code trains (a tape that
/// differentiates) and answers (one that does not).
/// </summary>
public sealed class RecommenderModel : IDisposable
{
    private readonly ItemEmbedding _embedding;
    private readonly InputPreprocessor _preprocessor;
    private readonly SequenceEncoder _encoder;
    private readonly List<Parameter> _parameters, _inputParameters;

    /// <summary>Makes a model with zero weights for items 1 … <paramref name="itemCount"/>, with the attributes that its embedding may read.</summary>
    /// <exception cref="InvalidInputException">The embedding needs an attribute that is not there.</exception>
    public RecommenderModel(ModelConfig config, int itemCount, IReadOnlyList<CategoricalAttribute>? attributes = null)
        : this(config, itemCount, attributes, heldInPart: false)
    {
    }

    /// <summary>The same, with an item table of which other processes hold a part (<see cref="Parameter.Held"/>).</summary>
    internal RecommenderModel(ModelConfig config, int itemCount, IReadOnlyList<CategoricalAttribute>? attributes, bool heldInPart)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(itemCount, 1);
        Config = config;
        ItemCount = itemCount;
        _embedding = ItemEmbedding.Create(config, itemCount, attributes ?? [], heldInPart);
        _preprocessor = config.InputPreprocessor switch
        {
            InputPreprocessorKind.LearnablePositionalEmbedding => new LearnablePositionalEmbedding(config),
            InputPreprocessorKind.LearnablePositionalEmbeddingRated => new LearnablePositionalEmbeddingRated(config),
            InputPreprocessorKind.CombinedItemAndRating => new CombinedItemAndRating(config),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.InputPreprocessor, "unknown input preprocessor"),
        };
        Matrix positions = _preprocessor.Position.Value;
        _encoder = config.Encoder switch
        {
            EncoderKind.Hstu => new HstuEncoder(config.Hstu, positions.Columns, positions.Rows, config.EncoderCheckpoint),
            EncoderKind.SasRec => new SasRecEncoder(config.SasRec, positions.Columns, config.EncoderCheckpoint),
            EncoderKind.FuXiAlpha => new FuXiAlphaEncoder(config.FuXi, positions.Columns, positions.Rows, config.EncoderCheckpoint),
            EncoderKind.FuXiBeta => new FuXiBetaEncoder(config.FuXi, positions.Columns, positions.Rows, config.EncoderCheckpoint),
            EncoderKind.Ligr => new LigrEncoder(config.Ligr, positions.Columns, config.EncoderCheckpoint),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.Encoder, "unknown encoder"),
        };
        Mixture = config.Similarity == SimilarityKind.MixtureOfLogits ? new MixtureOfLogits(config.Mixture, config.EmbeddingDim, config.EmbeddingDim) : null;
        _inputParameters = [.. _embedding.Parameters, .. _preprocessor.Parameters];
        _parameters = [.. _embedding.Parameters, .. _preprocessor.Parameters, .. _encoder.Parameters, .. Mixture?.Parameters ?? []];
    }

    /// <summary>The architecture.</summary>
    public ModelConfig Config { get; }

    /// <summary>Catalogue size, X.</summary>
    public int ItemCount { get; }

    /// <summary>Item table (X + 1, D) as it is scored; row 0 is padding. Learned itself, or put together from what is.</summary>
    public Parameter Items => _embedding.Items;

    /// <summary>The mixture that scores states against items; null where a dot product does.</summary>
    public MixtureOfLogits? Mixture { get; }

    /// <summary>Whether a <see cref="KeyValueCache"/> can spare the work of settled events: not where the encoder looks ahead, as HSTU's unmasked softmax does.</summary>
    public bool CanCache => Config.Encoder != EncoderKind.Hstu || Config.Hstu.Normalization != HstuNormalization.SoftmaxRelativeBiasUnmasked;

    /// <summary>All learned arrays, under the reference's names.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Tokens of the longest history.</summary>
    internal int TokenWindow => _preprocessor.Position.Value.Rows;

    /// <summary>Memory of the model's key/value caches.</summary>
    internal StripPool Strips { get; } = new();

    /// <summary>What a cache keeps of a token.</summary>
    internal KeyValueLayout KeyValues => _encoder.KeyValues;

    /// <summary>The tables among <see cref="Parameters"/> whose rows belong to items or to values of their attributes.</summary>
    internal IReadOnlyList<LabelledTable> Tables => _embedding.Tables;

    /// <summary>Draws initial weights as the reference does.</summary>
    /// <param name="seed">Seed of all draws.</param>
    /// <param name="popularity">Training events of each item (X + 1): one without any is told by its attributes alone. Empty when every item has some.</param>
    public void Initialize(ulong seed, ReadOnlySpan<long> popularity = default)
    {
        _embedding.Initialize(new WeightInitializer(seed), popularity);
        RefreshItems();
        _encoder.Initialize(seed, _preprocessor.Position);
        _preprocessor.Initialize(seed);
        Mixture?.Initialize(seed);
    }

    /// <summary>Takes in weights that were set from outside in place of drawn ones; <paramref name="popularity"/> as in <see cref="Initialize"/>.</summary>
    internal void TakeWeights(ReadOnlySpan<long> popularity)
    {
        _embedding.Observe(popularity);
        RefreshItems();
    }

    /// <summary>Refuses data that lack what the model reads: ratings, where the input preprocessor takes them.</summary>
    /// <exception cref="InvalidInputException">What is missing, and what to do.</exception>
    public void RequireInputs(SequenceStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        _preprocessor.Require(store);
    }

    /// <summary>Brings <see cref="Items"/> up to date after training steps or new weights, before anyone searches or answers. Free for a table that is learned itself.</summary>
    public void RefreshItems(WorkerPool? workers = null) => _embedding.Refresh(workers ?? WorkerPool.Shared);

    /// <summary>States of all events (T, D), ready to be scored against items.</summary>
    public Matrix Encode(Tape tape, SequenceBatch batch)
    {
        Check(tape, batch);
        return Encode(tape, batch.All, lastOnly: false);
    }

    /// <summary>The last state of each user (B, D): the same bits as in those of all tokens, for less work. At inference only.</summary>
    /// <exception cref="ArgumentException">The tape differentiates.</exception>
    public Matrix EncodeLast(Tape tape, SequenceBatch batch)
    {
        Check(tape, batch);
        RefuseGradients(tape);
        return Encode(tape, batch.All, lastOnly: true);
    }

    /// <summary>
    /// The last state of each user (B, D), where the batch holds each user's whole window, but events that the user's cache (B; null for none)
    /// has settled are not computed again. Afterwards it has settled all but the newest, whose row depends on the time of the question. The
    /// settled events must be those that the cache has seen: items, ratings and times.
    /// </summary>
    /// <exception cref="ArgumentException">The tape differentiates; or a cache is of another model, has settled all events, or was filled with times where there are none, or without.</exception>
    /// <exception cref="InvalidOperationException">A cache is in use, or stands here twice.</exception>
    public Matrix EncodeLast(Tape tape, SequenceBatch batch, ReadOnlySpan<KeyValueCache?> caches)
    {
        Check(tape, batch);
        RefuseGradients(tape);
        if (caches.Length != batch.UserCount) throw new ArgumentException($"{caches.Length} caches for {batch.UserCount} users; give one a user, or null", nameof(caches));
        int taken = 0;
        try
        {
            for (; taken < caches.Length; taken++) caches[taken]?.Begin(this, batch.Length(taken), batch.HasTimes);
            for (int b = 0; b < caches.Length; b++) caches[b]?.Reserve(batch.Length(b) * _preprocessor.TokensPerEvent);
            Matrix states = Encode(tape, batch.Unsettled(caches), lastOnly: true);
            for (int b = 0; b < caches.Length; b++) caches[b]?.Settle(batch.Length(b) - 1, batch.HasTimes);
            return states;
        }
        finally
        {
            for (int b = 0; b < taken; b++) caches[b]?.End();
        }
    }

    /// <summary>
    /// What the newest event of a batch of one user looked at, by an encoding on a fresh step of the tape. For people: it allocates, and the tape keeps
    /// the matrices of all layers.
    /// </summary>
    /// <exception cref="ArgumentException">The tape differentiates, or the batch has more or fewer users than one.</exception>
    public AttentionTrace Trace(Tape tape, SequenceBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.UserCount != 1) throw new ArgumentException($"a trace is of one user, not of {batch.UserCount}", nameof(batch));
        tape.BeginKept();
        EncodeLast(tape, batch);
        var sums = new TraceSums(batch.TokenCount * _preprocessor.TokensPerEvent);
        foreach (Operation operation in tape.Operations) (operation as ITraced)?.AddTo(sums);
        return sums.ToTrace(_preprocessor.TokensPerEvent);
    }

    /// <summary>Query rows, what an index takes, of states (n, D) and the keys of their users (n): the states themselves for a dot product.</summary>
    public Matrix Queries(Tape tape, Matrix states, ReadOnlySpan<long> userKeys) =>
        Mixture is null ? states : Mixture.Queries(tape, states, userKeys, userNormWeight: 0, recompute: false, out _);

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        Strips.Dispose();
        _embedding.Dispose();
        foreach (Parameter parameter in _parameters) parameter.Dispose();
    }

    private static void RefuseGradients(Tape tape)
    {
        if (tape.Differentiates) throw new ArgumentException("last states alone cannot be differentiated; encode all states, or take a tape for inference", nameof(tape));
    }

    private void Check(Tape tape, SequenceBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.LongestHistory > Config.Window)
            throw new ArgumentException($"a history of {batch.LongestHistory} events does not fit the window of {Config.Window}; cut it to the newest {Config.MaxSequenceLength}", nameof(batch));
        int stranger = batch.Items.IndexOfAnyExceptInRange(1, ItemCount);
        if (stranger >= 0) throw new ArgumentException($"item index {batch.Items[stranger]} must lie in 1 … {ItemCount}", nameof(batch));
    }

    private Matrix Encode(Tape tape, BatchRows events, bool lastOnly)
    {
        tape.ReadFirst(_inputParameters);
        _embedding.Begin(tape);
        tape.FirstRow = (uint)(events.Batch.FirstToken * _preprocessor.TokensPerEvent);
        EncoderInput input = _preprocessor.Embed(tape, events, Items);
        Matrix states = _encoder.Encode(tape, input.Tokens, lastOnly ? input.Tokens.Batch.Last : input.Tokens, input.Embedded);
        tape.FirstRow = (uint)events.Batch.FirstToken;
        Matrix x = _preprocessor.Select(tape, states, lastOnly);
        float epsilon = (float)Config.L2NormEpsilon;
        return Config.OutputNorm == OutputNorm.L2 ? L2NormOperation.Apply(tape, x, epsilon) : LayerNormOperation.Apply(tape, x, epsilon);
    }
}
