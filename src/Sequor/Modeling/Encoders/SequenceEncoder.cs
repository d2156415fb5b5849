using Sequor.Autograd;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// Turns embedded histories (T, D) into states (T, D), or into some of them; token t's state knows tokens up to t of its own user only.
/// </summary>
public abstract class SequenceEncoder
{
    private readonly Func<Tape, object?, Matrix, Matrix>[] _blocks;
    private readonly bool _checkpoints;
    private Parameter[][] _parametersOfBlock = [];

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
            _blocks[i] = (tape, rows, x) => EncodeBlock(tape, (BatchRows)rows!, (BatchRows)rows!, block, x);
        }
    }

    /// <summary>What the blocks read of earlier tokens, and a cache keeps.</summary>
    internal abstract KeyValueLayout KeyValues { get; }

    /// <summary>
    /// Encodes the embedded tokens of <paramref name="rows"/>, and releases them. The last block computes no more than the rows that are
    /// <paramref name="wanted"/>, fewer than all only where the tape does not differentiate: the bits of these rows are the same.
    /// </summary>
    internal virtual Matrix Encode(Tape tape, BatchRows rows, BatchRows wanted, Matrix embedded)
    {
        Matrix x = embedded;
        for (int i = 0; i < _blocks.Length; i++)
        {
            tape.ReadFirst(ParametersOf(i));
            x = _checkpoints && tape.Differentiates
                ? CheckpointOperation.Apply(tape, x, x.Columns, rows, _blocks[i])
                : EncodeBlock(tape, rows, i == _blocks.Length - 1 ? wanted : rows, i, x);
        }
        return x;
    }

    /// <summary>Applies a block to <paramref name="rows"/>, and releases them: the rows that are <paramref name="wanted"/>, at most these.</summary>
    internal abstract Matrix EncodeBlock(Tape tape, BatchRows rows, BatchRows wanted, int block, Matrix x);

    // Parameters stand block by block, as many of each.
    private Parameter[] ParametersOf(int block)
    {
        if (_parametersOfBlock.Length == 0) _parametersOfBlock = [.. Parameters.Chunk(Parameters.Count / _blocks.Length)];
        return _parametersOfBlock[block];
    }

    /// <summary>Draws the initial weights; the position table of the input belongs to the encoder's scheme too.</summary>
    internal abstract void Initialize(ulong seed, Parameter position);
}
