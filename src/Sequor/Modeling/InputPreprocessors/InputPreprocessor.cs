using Sequor.Autograd;
using Sequor.Data;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>What an encoder reads: rows of tokens, and their vectors.</summary>
internal readonly record struct EncoderInput(BatchRows Tokens, Matrix Embedded);

/// <summary>
/// Stands around the encoder: turns the events of a batch (T) into tokens, and the states of tokens into one state an event (T, D), which
/// knows that event and the ones before it (modeling/sequential/input_features_preprocessors.py).
/// </summary>
internal abstract class InputPreprocessor
{
    /// <summary>The position table: its rows are the window of the encoder, its columns the encoder's width.</summary>
    internal abstract Parameter Position { get; }

    /// <summary>Learned arrays, under the reference's names.</summary>
    internal abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Tokens that an event becomes.</summary>
    internal virtual int TokensPerEvent => 1;

    /// <summary>Embeds events of a batch, with the vectors of <paramref name="items"/> (X + 1, D).</summary>
    internal abstract EncoderInput Embed(Tape tape, BatchRows events, Parameter items);

    /// <summary>The state of each event (T, D), out of the states of the tokens; or of each user's newest (B, D), out of those of the last tokens.</summary>
    internal abstract Matrix Select(Tape tape, Matrix states, bool lastOnly);

    /// <summary>Draws what the encoder, whose scheme the position table follows, does not draw.</summary>
    internal virtual void Initialize(ulong seed)
    {
    }

    /// <summary>Refuses data that this preprocessor cannot read.</summary>
    /// <exception cref="InvalidInputException">What is missing, and what to do.</exception>
    internal virtual void Require(SequenceStore store)
    {
    }
}
