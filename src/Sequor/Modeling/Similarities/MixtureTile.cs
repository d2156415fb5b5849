namespace Sequor.Modeling.Similarities;

/// <summary>
/// Working memory for one query against a tile of items, an item a lane: every array has rows of <see cref="Lanes"/> floats, so that the
/// gate's layers are matrix products with the items side by side and its softmax runs down the rows.
/// </summary>
internal readonly unsafe ref struct MixtureTile
{
    /// <summary>Items, a multiple of sixteen.</summary>
    internal readonly int Lanes;

    /// <summary>Component logits s (P × lanes).</summary>
    internal readonly float* Logits;

    /// <summary>s behind the dropout of the gate (P × lanes); the same as <see cref="Logits"/> where nothing is dropped.</summary>
    internal readonly float* Dropped;

    /// <summary>Hidden units of the gate and the slopes of their activation (hidden × lanes).</summary>
    internal readonly float* Hidden, Slope;

    /// <summary>z, the gate before its activation (P × lanes).</summary>
    internal readonly float* Gate;

    /// <summary>softmax of the gate (P × lanes).</summary>
    internal readonly float* Softmax;

    /// <summary>π, the mixture's weights (P × lanes): <see cref="Softmax"/> itself where nothing is dropped.</summary>
    internal readonly float* Weights;

    /// <summary>Sum of the weights that dropout kept (lanes).</summary>
    internal readonly float* Kept;

    /// <summary>φ, the scores (lanes).</summary>
    internal readonly float* Scores;

    /// <summary>Lays a tile out at <paramref name="memory"/>, <see cref="Size"/> floats; without <paramref name="differentiates"/> later arrays take the place of earlier ones.</summary>
    internal MixtureTile(float* memory, in MixtureGate gate, int lanes, bool differentiates, bool dropsLogits, bool dropsWeights)
    {
        Lanes = lanes;
        int logits = gate.Layout.Logits * lanes, hidden = gate.HiddenDim * lanes;
        Take(ref memory, logits, out Logits);
        Dropped = Logits;
        if (dropsLogits) Take(ref memory, logits, out Dropped);
        Take(ref memory, hidden, out Hidden);
        Slope = null;
        if (differentiates) Take(ref memory, hidden, out Slope);
        Take(ref memory, logits, out Gate);
        Softmax = Gate;
        if (differentiates) Take(ref memory, logits, out Softmax);
        Weights = Softmax;
        if (dropsWeights) Take(ref memory, logits, out Weights);
        Take(ref memory, lanes, out Kept);
        Take(ref memory, lanes, out Scores);
    }

    /// <summary>Floats that a tile takes at most.</summary>
    internal static long Size(in MixtureGate gate, int lanes) => (5L * gate.Layout.Logits + 2L * gate.HiddenDim + 2) * lanes;

    private static void Take(ref float* memory, int floats, out float* array)
    {
        array = memory;
        memory += floats;
    }
}
