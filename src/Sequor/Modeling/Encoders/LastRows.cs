using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>The row of each user's newest token.</summary>
internal static unsafe class LastRows
{
    /// <summary>Copies the last rows (B, columns) out of a matrix (T, columns).</summary>
    internal static Matrix Of(Tape tape, SequenceBatch batch, Matrix x)
    {
        Matrix last = tape.Allocate(batch.UserCount, x.Columns);
        for (int b = 0; b < batch.UserCount; b++)
            new ReadOnlySpan<float>(x.Row(batch.Offsets[b + 1] - 1), x.Stride).CopyTo(new Span<float>(last.Row(b), last.Stride));
        return last;
    }
}
