namespace Sequor.Server.Users;

/// <summary>What keeps the users cannot be reached for now: the caller is asked to come back (503).</summary>
/// <param name="reason">What, and what may have become of the request.</param>
/// <param name="cause">What went wrong.</param>
public sealed class UsersUnavailableException(string reason, Exception? cause = null) : Exception(reason, cause);
