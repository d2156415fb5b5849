namespace Sequor.Server.Users;

/// <summary>Where the histories of users are kept, as <see cref="EmbeddedUsers"/> asks for them.</summary>
internal interface IHistories
{
    /// <summary>The id of an item that this process has read or written.</summary>
    string ItemId(int code);

    /// <summary>A user's history, or null.</summary>
    ValueTask<StoredHistory?> ReadAsync(string userId, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a user has no events but those that a reader knows: those of the code <paramref name="user"/> that arrived before
    /// <paramref name="nextArrival"/>. It is always so where only this process writes, and tells it to its readers.
    /// </summary>
    ValueTask<bool> StandsAsync(string userId, long user, long nextArrival, CancellationToken cancellationToken);

    /// <summary>Appends events; on return they are durable. Those whose id the user has are left out, as are repetitions among themselves.</summary>
    ValueTask<StoredAppend> AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken);

    /// <summary>Removes a user with all events; false if there was none.</summary>
    ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellationToken);

    /// <summary>How many users there are, and the ids of some.</summary>
    ValueTask<(long Count, IReadOnlyList<string> UserIds)> SomeAsync(int most, CancellationToken cancellationToken);
}
