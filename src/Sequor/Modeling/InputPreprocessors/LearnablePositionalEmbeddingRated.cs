using Sequor.Autograd;
using Sequor.Data;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>
/// A token an event: dropout([item, rating] · √(D + Dr) + position). The encoder is D + Dr wide; of a state the first D columns meet the items.
/// </summary>
internal sealed class LearnablePositionalEmbeddingRated(ModelConfig config) : InputPreprocessor
{
    private readonly RatingTable _ratings = new(config, config.Ratings.EmbeddingDim);

    internal override Parameter Position { get; } = new(LearnablePositionalEmbedding.PositionName, [config.Window, config.EncoderDim]);

    internal override IReadOnlyList<Parameter> Parameters => [Position, _ratings.Weights];

    internal override EncoderInput Embed(Tape tape, BatchRows events, Parameter items) =>
        new(events, RatedEmbeddingOperation.Apply(tape, events, events, items, _ratings, Position, config.DropoutRate));

    internal override Matrix Select(Tape tape, Matrix states, bool lastOnly) => SelectOperation.Apply(tape, states, step: 1, config.EmbeddingDim);

    internal override void Initialize(ulong seed) => _ratings.Initialize(seed);

    internal override void Require(SequenceStore store) => _ratings.Require(store);
}
