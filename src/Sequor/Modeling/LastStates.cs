using Sequor.Autograd;

namespace Sequor.Modeling;

/// <summary>The query row of each user, made of the state of the newest event. Evaluation and serving share it.</summary>
public static unsafe class LastStates
{
    /// <summary>Encodes a batch on a fresh step of the tape: (B, D), or the rows of a mixture (B, query width).</summary>
    public static Matrix Encode(RecommenderModel model, Tape tape, SequenceBatch batch)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        tape.Begin();
        Matrix states = model.Encode(tape, batch);
        Matrix last = tape.Allocate(batch.UserCount, states.Columns);
        for (int b = 0; b < batch.UserCount; b++)
            new ReadOnlySpan<float>(states.Row(batch.Offsets[b + 1] - 1), states.Stride).CopyTo(new Span<float>(last.Row(b), last.Stride));
        return model.Queries(tape, last, batch.UserKeys);
    }
}
