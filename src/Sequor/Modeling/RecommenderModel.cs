using Sequor.Autograd;
using Sequor.Data;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.InputPreprocessors;

namespace Sequor.Modeling;

/// <summary>
/// A generative recommender: item table → input preprocessor → encoder → output postprocessor. The same code trains (a tape that
/// differentiates) and answers (one that does not).
/// </summary>
public sealed class RecommenderModel : IDisposable
{
    private readonly InputPreprocessor _preprocessor;
    private readonly SequenceEncoder _encoder;
    private readonly List<Parameter> _parameters;

    /// <summary>Makes a model with zero weights for items 1 … <paramref name="itemCount"/>.</summary>
    public RecommenderModel(ModelConfig config, int itemCount)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(itemCount, 1);
        Config = config;
        ItemCount = itemCount;
        Items = new Parameter("_embedding_module._item_emb.weight", [itemCount + 1, config.EmbeddingDim], isTable: true);
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
            EncoderKind.Hstu => new HstuEncoder(config.Hstu, positions.Columns, window: positions.Rows),
            EncoderKind.SasRec => new SasRecEncoder(config.SasRec, positions.Columns),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.Encoder, "unknown encoder"),
        };
        _parameters = [Items, .. _preprocessor.Parameters, .. _encoder.Parameters];
    }

    /// <summary>The architecture.</summary>
    public ModelConfig Config { get; }

    /// <summary>Catalogue size, X.</summary>
    public int ItemCount { get; }

    /// <summary>Item table (X + 1, D); row 0 is padding.</summary>
    public Parameter Items { get; }

    /// <summary>All learned arrays, under the reference's names.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Draws initial weights as the reference does.</summary>
    public void Initialize(ulong seed)
    {
        new WeightInitializer(seed).TruncatedNormal(Items, 0.02);
        _encoder.Initialize(seed, _preprocessor.Position);
        _preprocessor.Initialize(seed);
    }

    /// <summary>Refuses data that lack what the model reads: ratings, where the input preprocessor takes them.</summary>
    /// <exception cref="InvalidInputException">What is missing, and what to do.</exception>
    public void RequireInputs(SequenceStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        _preprocessor.Require(store);
    }

    /// <summary>States of all events (T, D), ready to be scored against items.</summary>
    /// <exception cref="InvalidInputException">The model reads ratings, and the batch has none or one that the rating table lacks.</exception>
    public Matrix Encode(Tape tape, SequenceBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.LongestHistory > Config.Window)
            throw new ArgumentException($"a history of {batch.LongestHistory} events does not fit the window of {Config.Window}; cut it to the newest {Config.MaxSequenceLength}", nameof(batch));
        int stranger = batch.Items.IndexOfAnyExceptInRange(1, ItemCount);
        if (stranger >= 0) throw new ArgumentException($"item index {batch.Items[stranger]} must lie in 1 … {ItemCount}", nameof(batch));
        EncoderInput input = _preprocessor.Embed(tape, batch, Items);
        Matrix x = _preprocessor.Select(tape, _encoder.Encode(tape, input.Tokens, input.Embedded));
        float epsilon = (float)Config.L2NormEpsilon;
        return Config.OutputNorm == OutputNorm.L2 ? L2NormOperation.Apply(tape, x, epsilon) : LayerNormOperation.Apply(tape, x, epsilon);
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        foreach (Parameter parameter in _parameters) parameter.Dispose();
    }
}
