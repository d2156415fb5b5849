using Sequor.Autograd;
using Sequor.Data;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>
/// Two tokens an event, its item and then its rating (<see cref="SequenceBatch.Twice"/>), each dropout(vector · √D + position), in a window
/// of 2N. The state of an event is that of its rating token, which has seen both.
/// </summary>
internal sealed class CombinedItemAndRating(ModelConfig config) : InputPreprocessor
{
    private readonly RatingTable _ratings = new(config, config.EmbeddingDim);

    internal override Parameter Position { get; } = new(LearnablePositionalEmbedding.PositionName, [2 * config.Window, config.EmbeddingDim]);

    internal override IReadOnlyList<Parameter> Parameters => [Position, _ratings.Weights];

    internal override int TokensPerEvent => 2;

    internal override EncoderInput Embed(Tape tape, BatchRows events, Parameter items)
    {
        BatchRows tokens = events.Twice;
        return new(tokens, RatedEmbeddingOperation.Apply(tape, events, tokens, items, _ratings, Position, config.DropoutRate));
    }

    internal override Matrix Select(Tape tape, Matrix states, bool lastOnly) => SelectOperation.Apply(tape, states, step: lastOnly ? 1 : 2, config.EmbeddingDim);

    internal override void Initialize(ulong seed) => _ratings.Initialize(seed);

    internal override void Require(SequenceStore store) => _ratings.Require(store);
}
