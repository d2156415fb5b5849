namespace Sequor.Serving;

/// <summary>Recommended items, best first, and what it took to find them.</summary>
/// <param name="Items">At most as many as were asked for; fewer only when no more are left to choose from.</param>
/// <param name="Effort">Where the time went.</param>
public sealed record RecommendationAnswer(IReadOnlyList<Recommendation> Items, AnswerEffort Effort);

/// <summary>Where the time of an answer went. Questions that were answered together share encode and search.</summary>
/// <param name="Queued">From the question to the start of its batch.</param>
/// <param name="Encode">Histories to query rows.</param>
/// <param name="Search">Query rows to items.</param>
/// <param name="BatchSize">Questions that were answered together.</param>
/// <param name="WindowEvents">Events of the history that the model looked at.</param>
/// <param name="CachedEvents">How many of these a <see cref="UserSession"/> had already computed.</param>
public readonly record struct AnswerEffort(TimeSpan Queued, TimeSpan Encode, TimeSpan Search, int BatchSize, int WindowEvents, int CachedEvents);
