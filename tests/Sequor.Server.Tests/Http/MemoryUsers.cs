using System.Collections.Concurrent;
using Sequor.Server.Answers;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Server.Users;
using Sequor.Serving;

namespace Sequor.Server.Tests.Http;

/// <summary>Users in memory; a test may hold their answers back.</summary>
internal sealed class MemoryUsers(Lazy<ModelHost> models) : IUsers
{
    private readonly ConcurrentDictionary<string, List<KeptEvent>> _users = new();

    /// <summary>What an answer waits for.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>What goes wrong with an answer.</summary>
    public Exception? Failure { get; set; }

    public ValueTask<UserHistory?> FindAsync(string userId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_users.TryGetValue(userId, out List<KeptEvent>? events) ? new UserHistory(userId, events) : null);

    public ValueTask<AppendOutcome> AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken)
    {
        List<KeptEvent> kept = _users.GetOrAdd(userId, _ => []);
        KeptEvent[] fresh = [.. events.Where(sent => sent.EventId is null || kept.TrueForAll(known => known.EventId != sent.EventId))];
        kept.AddRange(fresh);
        return ValueTask.FromResult(new AppendOutcome(fresh.Length, events.Count - fresh.Length, kept.Count));
    }

    public ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellationToken) => ValueTask.FromResult(_users.TryRemove(userId, out _));

    public async ValueTask<RecommendResponse?> RecommendAsync(RecommendRequest request, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        if (Failure is not null) throw Failure;
        if (!_users.TryGetValue(request.UserId!, out List<KeptEvent>? kept)) return null;
        using ModelLease lease = models.Value.Lease();
        Recommender recommender = lease.Model.Recommender;
        var known = kept.Where(sent => recommender.Items.TryGetIndex(sent.ItemId, out _)).ToList();
        var events = new UserEvents(
            known.Select(sent => { recommender.Items.TryGetIndex(sent.ItemId, out int item); return item; }).ToArray(), known.Select(sent => sent.Timestamp!.Value).ToArray());
        RecommendationQuery query = QueryResolver.Resolve(lease.Model, request);
        return Responses.Describe(lease.Model, request, await recommender.RecommendAsync(events, query, cancellationToken), events, query.At, [], null);
    }

    public ValueTask<(long Count, IReadOnlyList<string> UserIds)> SomeAsync(int most, CancellationToken cancellationToken) =>
        ValueTask.FromResult<(long, IReadOnlyList<string>)>((_users.Count, [.. _users.Keys.Take(most)]));
}
