using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Sequor.Modeling;
using Sequor.Server.Answers;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Serving;

namespace Sequor.Server.Users;

/// <summary>
/// Users in this process: histories in a file, or wherever else they are kept, and of the users that asked last the keys and values of their events. A question that comes
/// after the answer to an append sees its events. Thread-safe.
/// </summary>
public sealed class EmbeddedUsers : IUsers, IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Sequor.Server";

    private readonly IHistories _histories;
    private readonly ModelHost _models;
    private readonly TimeProvider _time;
    private readonly SessionCache _cache;
    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _opened;

    /// <summary>Answers from histories with the model of the host. The store and the host are the caller's, and live longer.</summary>
    public EmbeddedUsers(HistoryStore store, ModelHost models, ServerOptions options, TimeProvider time)
        : this((IHistories)store, models, options, time)
    {
    }

    internal EmbeddedUsers(IHistories histories, ModelHost models, ServerOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_histories, _models, _time) = (histories, models, time);
        _cache = new SessionCache(options.CacheBytes, models);
        models.Swapped += _cache.Keep;
        _meter.CreateObservableGauge("sequor.sessions", () => _cache.Count, "{session}", "Users whose keys and values are kept.");
        _meter.CreateObservableGauge("sequor.sessions.memory", () => _cache.Bytes, "By", "Memory of the users whose keys and values are kept.");
        _opened = _meter.CreateCounter<long>("sequor.sessions.opened", "{session}", "Users whose events were read and looked at anew, for want of keys and values.");
    }

    /// <summary>Users whose keys and values are kept.</summary>
    internal int SessionCount => _cache.Count;

    /// <summary>Memory that they take, in bytes.</summary>
    internal long SessionBytes => _cache.Bytes;

    /// <inheritdoc />
    public async ValueTask<UserHistory?> FindAsync(string userId, CancellationToken cancellationToken) =>
        (await _histories.ReadAsync(userId, cancellationToken))?.Shown(userId, _histories);

    /// <inheritdoc />
    public async ValueTask<AppendOutcome> AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken)
    {
        StoredAppend append = await _histories.AppendAsync(userId, events, cancellationToken);
        if (append.Added.Count > 0) _cache.Append(userId, append);
        return append.Outcome;
    }

    /// <inheritdoc />
    public async ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellationToken)
    {
        try
        {
            return await _histories.ForgetAsync(userId, cancellationToken);
        }
        finally
        {
            // Also when emptying the log failed: the events are gone all the same.
            _cache.Forget(userId);
        }
    }

    /// <inheritdoc />
    public async ValueTask<RecommendResponse?> RecommendAsync(RecommendRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string userId = request.UserId ?? throw new ArgumentException("the request names no user", nameof(request));
        using ModelLease lease = _models.Lease();
        ServedModel model = lease.Model;
        request = QueryResolver.At(request, _time);
        RecommendationQuery query = QueryResolver.Resolve(model, request);
        if (_cache.Find(userId, model) is { } cached)
        {
            if (await _histories.StandsAsync(userId, cached.User, cached.NextArrival, cancellationToken)) return await AnswerAsync(cached, request, query, cancellationToken);
            _cache.Forget(userId);
        }

        long stamp = _cache.Stamp(userId);
        if (await _histories.ReadAsync(userId, cancellationToken) is not { } history) return null;
        _opened.Add(1);
        var view = new ModelView(model.Recommender.Items, model.Recommender.Config, _histories);
        UserEvents events = view.Of(history.Events);
        if (events.Count == 0) throw Nothing(userId, model);
        var user = new CachedUser(userId, model, model.Recommender.OpenSession(events), view, history);
        bool kept = _cache.TryAdd(user, stamp);
        try
        {
            return await AnswerAsync(user, request, query, cancellationToken);
        }
        finally
        {
            if (!kept) user.Session.Dispose();
        }
    }

    /// <inheritdoc />
    public ValueTask<(long Count, IReadOnlyList<string> UserIds)> SomeAsync(int most, CancellationToken cancellationToken) =>
        _histories.SomeAsync(most, cancellationToken);

    /// <summary>Gives back what is kept of a user in memory.</summary>
    internal void Drop(string userId) => _cache.Forget(userId);

    /// <summary>Ends the sessions; no question may be under way.</summary>
    public void Dispose()
    {
        _models.Swapped -= _cache.Keep;
        _meter.Dispose();
        _cache.Dispose();
    }

    private async Task<RecommendResponse> AnswerAsync(CachedUser user, RecommendRequest request, RecommendationQuery query, CancellationToken cancellationToken)
    {
        Recommender recommender = user.Model.Recommender;
        RecommendationAnswer answer = await recommender.RecommendAsync(user.Session, query, cancellationToken);
        _cache.Weigh(user);
        UserEvents events = user.Session.Events;
        AttentionTrace? why = request.Explain ? Explain(recommender, events, answer.Effort.WindowEvents, query.At) : null;
        return Responses.Describe(user.Model, request, answer, events, query.At, user.View.UnknownItems, why);
    }

    // The window of a session moves in steps: what is explained is what was looked at.
    private static AttentionTrace Explain(Recommender recommender, UserEvents events, int window, long? at)
    {
        Range looked = (events.Count - Math.Min(window, events.Count))..;
        return recommender.Explain(
            new UserEvents(
                events.Items[looked], events.Timestamps.IsEmpty ? default : events.Timestamps[looked], events.Ratings.IsEmpty ? default : events.Ratings[looked]),
            at);
    }

    private static RequestException Nothing(string userId, ServedModel model) => new(
        StatusCodes.Status422UnprocessableEntity, "userId", userId,
        model.Recommender.Config.ReadsRatings
            ? "must have an event with a rating of an item that the model knows; send events with POST /v1/events"
            : "must have an event of an item that the model knows; send events with POST /v1/events");
}
