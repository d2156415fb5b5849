using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// Turns embedded histories (T, D) into states (T, D), or into the last state of each user (B, D); token t's state knows tokens up to t of
/// its own user only.
/// </summary>
public abstract class SequenceEncoder
{
    /// <summary>Learned arrays, under the reference's names.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>
    /// Encodes the embedded tokens of a batch, and releases them. With <paramref name="lastOnly"/>, which only a tape that does not
    /// differentiate allows, the last layer computes no more than the last rows: the bits of these rows are the same.
    /// </summary>
    internal abstract Matrix Encode(Tape tape, SequenceBatch batch, Matrix embedded, bool lastOnly);

    /// <summary>Draws the initial weights; the position table of the input belongs to the encoder's scheme too.</summary>
    internal abstract void Initialize(ulong seed, Parameter position);
}
