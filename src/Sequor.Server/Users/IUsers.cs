using Sequor.Server.Contracts;

namespace Sequor.Server.Users;

/// <summary>
/// The users of the service: their histories, and answers from these. Everything is asked by user id in the terms of the outside, so that an
/// implementation may keep a user wherever it likes: in this process, or in one of many.
/// </summary>
public interface IUsers
{
    /// <summary>A user's history, or null.</summary>
    ValueTask<UserHistory?> FindAsync(string userId, CancellationToken cancellationToken);

    /// <summary>Appends events; on return they are durable. An event whose id the user has already is not appended again.</summary>
    ValueTask<AppendOutcome> AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken);

    /// <summary>Forgets a user, for good; false if there was none.</summary>
    ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellationToken);

    /// <summary>Answers a request that names a user; null if there is none.</summary>
    /// <exception cref="RequestException">The request does not fit the model, or the model knows nothing of the history.</exception>
    ValueTask<RecommendResponse?> RecommendAsync(RecommendRequest request, CancellationToken cancellationToken);

    /// <summary>How many users there are, and the ids of some.</summary>
    ValueTask<(long Count, IReadOnlyList<string> UserIds)> SomeAsync(int most, CancellationToken cancellationToken);
}
