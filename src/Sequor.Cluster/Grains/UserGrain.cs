using System.Text.Json;
using Sequor.Server.Contracts;
using Sequor.Server.Users;

namespace Sequor.Cluster.Grains;

/// <summary>
/// A user on the node that has it. What it knows is the node's: histories stand in Redis, keys and values in the node's sessions, so it is made and ended at
/// no cost. It puts the user's events in an order, and makes the node the one place where the user's keys and values are kept.
/// </summary>
[RendezvousPlacement]
internal sealed class UserGrain(EmbeddedUsers users, Ownership ownership, ClusterMetrics metrics) : Grain, IUserGrain
{
    // Nodes learn of one another at different moments; a user that came just now stays.
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(5);

    private readonly long _since = Environment.TickCount64;

    private string UserId => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        metrics.Activated();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        users.Drop(UserId);
        metrics.Deactivated();
        return Task.CompletedTask;
    }

    public Task<Reply> AppendAsync(SentEvent[] events)
    {
        MoveIfOthers();
        return Reply.OfAsync(async () => Reply.Of(await users.AppendAsync(UserId, Array.ConvertAll(events, one => one.Kept), CancellationToken.None)));
    }

    public Task<Reply> RecommendAsync(byte[] request, CancellationToken cancellationToken)
    {
        MoveIfOthers();
        return Reply.OfAsync(async () =>
        {
            RecommendRequest read = JsonSerializer.Deserialize(request, SequorJson.Default.RecommendRequest)!;
            RecommendResponse? answer = await users.RecommendAsync(read, cancellationToken);
            return new Reply { Answer = answer is null ? null : JsonSerializer.SerializeToUtf8Bytes(answer, SequorJson.Default.RecommendResponse) };
        });
    }

    public Task<Reply> ForgetAsync()
    {
        DeactivateOnIdle();
        return Reply.OfAsync(async () => new Reply { Found = await users.ForgetAsync(UserId, CancellationToken.None) });
    }

    // A node has come, and the user is its: the next call finds it there.
    private void MoveIfOthers()
    {
        if (Environment.TickCount64 - _since < s_settled.TotalMilliseconds || ownership.IsHere(this.GetGrainId())) return;
        metrics.Moved();
        DeactivateOnIdle();
    }
}
