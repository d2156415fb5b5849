using Sequor.Retrieval;

namespace Sequor.Evaluation;

/// <summary>What an evaluation has found.</summary>
/// <param name="Ranks">Rank of each user's target, in the order of the users; 0 where another part of the evaluation has it.</param>
/// <param name="Ratings">Rating of each target; empty where one has none.</param>
/// <param name="Method">What found the ranks.</param>
internal sealed record RankedTargets(int[] Ranks, float[] Ratings, TopKMethod Method);
