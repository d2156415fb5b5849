using Sequor.Autograd;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>A token an event: dropout(item · √D + position).</summary>
internal sealed class LearnablePositionalEmbedding(ModelConfig config) : InputPreprocessor
{
    internal const string PositionName = "_input_features_preproc._pos_emb.weight";

    internal override Parameter Position { get; } = new(PositionName, [config.Window, config.EmbeddingDim]);

    internal override IReadOnlyList<Parameter> Parameters => [Position];

    internal override EncoderInput Embed(Tape tape, BatchRows events, Parameter items) =>
        new(events, EmbeddingOperation.Apply(tape, events, items, Position, config.DropoutRate));

    internal override Matrix Select(Tape tape, Matrix states, bool lastOnly) => states;
}
