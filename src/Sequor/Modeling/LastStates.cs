using Sequor.Autograd;

namespace Sequor.Modeling;

/// <summary>The query row of each user, made of the state of the newest event. Evaluation and serving share it.</summary>
public static class LastStates
{
    /// <summary>Encodes a batch on a fresh step of the tape, which must not differentiate: (B, D), or the rows of a mixture (B, query width).</summary>
    public static Matrix Encode(RecommenderModel model, Tape tape, SequenceBatch batch)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tape);
        tape.Begin();
        return model.Queries(tape, model.EncodeLast(tape, batch), batch.UserKeys);
    }

    /// <summary>As <see cref="Encode(RecommenderModel, Tape, SequenceBatch)"/>, the same rows, going on from what the users' caches (B; null for none) have settled.</summary>
    public static Matrix Encode(RecommenderModel model, Tape tape, SequenceBatch batch, ReadOnlySpan<KeyValueCache?> caches)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tape);
        tape.Begin();
        return model.Queries(tape, model.EncodeLast(tape, batch, caches), batch.UserKeys);
    }
}
