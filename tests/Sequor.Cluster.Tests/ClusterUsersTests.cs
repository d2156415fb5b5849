using Sequor.Server;
using Sequor.Server.Contracts;
using Sequor.Server.Users;

namespace Sequor.Cluster.Tests;

/// <summary>Two nodes; each call goes to the next one.</summary>
public sealed class ClusterUsersTests(RedisServer redis) : UsersContract
{
    private readonly List<Node> _nodes = [];

    private protected override async Task<IUsers> OpenUsersAsync(string? data)
    {
        string service = Guid.NewGuid().ToString("N");
        ServerOptions options = Node.Options(Folder.File("model"), data);
        _nodes.AddRange(await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Node.JoinAsync(redis.Address, service, options, Time)))));
        return new Spread([.. _nodes.Select(node => node.Users)]);
    }

    public override async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => Task.Run(async () => await node.DisposeAsync())));
        await base.DisposeAsync();
    }

    private sealed class Spread(IUsers[] nodes) : IUsers
    {
        private int _calls;

        private IUsers Next => nodes[(uint)Interlocked.Increment(ref _calls) % nodes.Length];

        public ValueTask<UserHistory?> FindAsync(string userId, CancellationToken cancellationToken) => Next.FindAsync(userId, cancellationToken);

        public ValueTask<AppendOutcome> AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken) => Next.AppendAsync(userId, events, cancellationToken);

        public ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellationToken) => Next.ForgetAsync(userId, cancellationToken);

        public ValueTask<RecommendResponse?> RecommendAsync(RecommendRequest request, CancellationToken cancellationToken) => Next.RecommendAsync(request, cancellationToken);

        public ValueTask<(long Count, IReadOnlyList<string> UserIds)> SomeAsync(int most, CancellationToken cancellationToken) => Next.SomeAsync(most, cancellationToken);
    }
}
