namespace Sequor.Server.Users;

/// <summary>An event of a user, in the terms of the outside: it means the same whichever model is loaded.</summary>
/// <param name="ItemId">Id of the item.</param>
/// <param name="Timestamp">Seconds since 1970; null where its source has no times.</param>
/// <param name="Rating">Rating, if there is one.</param>
/// <param name="EventId">The id it was sent with; null for events of the prepared data.</param>
public readonly record struct KeptEvent(string ItemId, long? Timestamp, float? Rating, string? EventId);

/// <summary>The events of a user, oldest first.</summary>
public sealed record UserHistory(string UserId, IReadOnlyList<KeptEvent> Events);

/// <summary>What became of events that were sent.</summary>
/// <param name="Appended">New ones.</param>
/// <param name="Repeated">Ones whose id was there already.</param>
/// <param name="Total">Events of the user now.</param>
public readonly record struct AppendOutcome(int Appended, int Repeated, int Total);
