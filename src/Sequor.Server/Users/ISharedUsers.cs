using Sequor.Server.Contracts;

namespace Sequor.Server.Users;

/// <summary>Users that several processes have together. A process joins the others when its model is loaded, and leaves when its last request is answered.</summary>
public interface ISharedUsers : IUsers
{
    /// <summary>Joins the other processes; from then on users are answered.</summary>
    /// <exception cref="InvalidInputException">They cannot be joined.</exception>
    Task JoinAsync(CancellationToken cancellationToken);

    /// <summary>Leaves them; what it had of users goes to the others.</summary>
    Task LeaveAsync(CancellationToken cancellationToken);

    /// <summary>All processes, this one among them.</summary>
    ValueTask<IReadOnlyList<NodeResponse>> NodesAsync(CancellationToken cancellationToken);
}
