using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// Turns embedded histories (T, D) into states (T, D), or into the last state of each user (B, D); token t's state knows tokens up to t of
/// its own user only.
/// </summary>
public abstract class SequenceEncoder
{
    private readonly Func<Tape, object?, Matrix, Matrix>[] _blocks;
    private readonly bool _checkpoints;

    /// <summary>Learned arrays, under the reference's names.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Makes the blocks one after the other; with <paramref name="checkpoints"/> a tape that differentiates computes each again in backward.</summary>
    protected SequenceEncoder(int blockCount, bool checkpoints)
    {
        _checkpoints = checkpoints;
        _blocks = new Func<Tape, object?, Matrix, Matrix>[blockCount];
        for (int i = 0; i < blockCount; i++)
        {
            int block = i;
            _blocks[i] = (tape, batch, x) => EncodeBlock(tape, (SequenceBatch)batch!, block, x, lastOnly: false);
        }
    }

    /// <summary>
    /// Encodes the embedded tokens of a batch, and releases them. With <paramref name="lastOnly"/>, which only a tape that does not
    /// differentiate allows, the last layer computes no more than the last rows: the bits of these rows are the same.
    /// </summary>
    internal virtual Matrix Encode(Tape tape, SequenceBatch batch, Matrix embedded, bool lastOnly)
    {
        Matrix x = embedded;
        for (int i = 0; i < _blocks.Length; i++)
            x = _checkpoints && tape.Differentiates
                ? CheckpointOperation.Apply(tape, x, x.Columns, batch, _blocks[i])
                : EncodeBlock(tape, batch, i, x, lastOnly && i == _blocks.Length - 1);
        return x;
    }

    /// <summary>Applies a block, and releases what it read; with <paramref name="lastOnly"/> to the last row of each user alone.</summary>
    internal abstract Matrix EncodeBlock(Tape tape, SequenceBatch batch, int block, Matrix x, bool lastOnly);

    /// <summary>Draws the initial weights; the position table of the input belongs to the encoder's scheme too.</summary>
    internal abstract void Initialize(ulong seed, Parameter position);
}
