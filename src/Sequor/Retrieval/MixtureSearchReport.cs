namespace Sequor.Retrieval;

/// <summary>What an exact search by bounds did for a query (<see cref="MixtureExact"/>).</summary>
/// <param name="Passes">1 where the best of each component pair proved to hold the answer, 2 where all items above a bound had to be scored.</param>
/// <param name="FirstPassErrorBound">How far the k-th best score may have lain above the first pass's: max_p t_p − S_min, or 0; +∞ where that pass found fewer than k.</param>
/// <param name="CandidateCount">Items that were scored.</param>
public readonly record struct MixtureSearchReport(int Passes, float FirstPassErrorBound, int CandidateCount);
