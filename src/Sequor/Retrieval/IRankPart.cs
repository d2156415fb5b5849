using Sequor.Autograd;

namespace Sequor.Retrieval;

/// <summary>
/// Neighbouring items of a catalogue, of which others have the rest: what they add to exact ranks. Items count from 1 here; a target may lie before them
/// (below 1) or behind.
/// </summary>
internal interface IRankPart : IDisposable
{
    /// <summary>Score of each query's target (B); 0 where it lies outside.</summary>
    void ScoreTargets(Matrix queries, ReadOnlySpan<int> targets, Span<float> scores);

    /// <summary>Counts, for each query (B), the items that are not excluded and score higher than its target, or equal and stand before it.</summary>
    void CountAbove(Matrix queries, ExcludedItems excluded, ReadOnlySpan<int> targets, ReadOnlySpan<float> scores, Span<int> counts);
}
