using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Data;
using Sequor.Server.Contracts;
using Sequor.Server.Documentation;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Server.Telemetry;
using Sequor.Server.Users;

namespace Sequor.Server.Endpoints;

/// <summary>Users and their events: <c>/v1/events</c> and <c>/v1/users</c>.</summary>
internal static class UserEndpoints
{
    private const int ShownUsers = 20, MostUsers = 1000, ShownEvents = 100, MostShownEvents = 1000;

    internal static void MapUsers(this IEndpointRouteBuilder routes)
    {
        var gate = routes.ServiceProvider.GetRequiredService<RequestGate>();
        var rules = routes.ServiceProvider.GetRequiredService<RequestRules>();
        var metrics = routes.ServiceProvider.GetRequiredService<ServerMetrics>();
        var models = routes.ServiceProvider.GetRequiredService<Lazy<ModelHost>>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        var users = routes.ServiceProvider.GetRequiredService<Lazy<IUsers>>();

        routes.MapPost("/v1/events", gate.Guard(SequorJson.Default.EventsRequest, async (context, request, cancellation) =>
        {
            long now = time.GetUtcNow().ToUnixTimeSeconds();
            rules.Check(request, now);
            KeptEvent[] events = [.. request.Events.Select(sent => new KeptEvent(sent.ItemId, sent.Timestamp ?? now, sent.Rating, sent.EventId))];
            AppendOutcome outcome = await users.Value.AppendAsync(request.UserId, events, cancellation);
            metrics.CountEvents(outcome.Appended);
            using ModelLease lease = models.Value.Lease();
            ItemVocabulary items = lease.Model.Recommender.Items;
            JsonAnswer.Write(context, new EventsResponse
            {
                UserId = request.UserId,
                Appended = outcome.Appended,
                Repeated = outcome.Repeated,
                HistoryCount = outcome.Total,
                UnknownItems = [.. events.Select(sent => sent.ItemId).Where(id => !items.TryGetIndex(id, out _)).Distinct(StringComparer.Ordinal)],
            }, SequorJson.Default.EventsResponse);
        })).Describe("Keeps events", "Appends events to a user's history. When the answer comes they are on disk; sending them again with the same event ids changes nothing.", "Users")
            .Takes<EventsRequest>().Gives<EventsResponse>().Refuses(400, 408, 413, 415, 422, 429, 503);

        routes.MapGet("/v1/users", gate.Guard(async (context, cancellation) =>
        {
            AddressValues.Allow(context, "limit");
            (long count, IReadOnlyList<string> ids) = await users.Value.SomeAsync(AddressValues.Number(context, "limit", ShownUsers, MostUsers), cancellation);
            JsonAnswer.Write(context, new UsersResponse { Count = count, UserIds = ids }, SequorJson.Default.UsersResponse);
        })).Describe("Names some users", "How many users there are, and the ids of some, to try the service with.", "Users")
            .With("limit", $"Ids wanted, at most {MostUsers}.", ShownUsers).Gives<UsersResponse>().Refuses(400, 422, 429, 503);

        routes.MapGet("/v1/users/{id}/history", gate.Guard(async (context, cancellation) =>
        {
            AddressValues.Allow(context, "limit");
            string id = AddressValues.PathId(context);
            int limit = AddressValues.Number(context, "limit", ShownEvents, MostShownEvents);
            UserHistory history = await users.Value.FindAsync(id, cancellation) ?? throw Unknown("id in the address", id);
            using ModelLease lease = models.Value.Lease();
            JsonAnswer.Write(context, Describe(history, limit, lease.Model.Recommender.Items), SequorJson.Default.HistoryResponse);
        })).Describe("Shows a history", "The newest events of a user, oldest first.", "Users")
            .WithId("Id of the user.").With("limit", $"Events wanted, at most {MostShownEvents}.", ShownEvents).Gives<HistoryResponse>().Refuses(400, 404, 422, 429, 503);

        routes.MapDelete("/v1/users/{id}", gate.Guard(async (context, cancellation) =>
        {
            AddressValues.Allow(context);
            string id = AddressValues.PathId(context);
            if (!await users.Value.ForgetAsync(id, cancellation)) throw Unknown("id in the address", id);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        })).Describe("Forgets a user", "Removes a user and all events, for good.", "Users")
            .WithId("Id of the user.").GivesNothing().Refuses(400, 404, 422, 429, 503);
    }

    /// <summary>There is no such user.</summary>
    internal static RequestException Unknown(string field, string user) =>
        new(StatusCodes.Status404NotFound, field, user, "names no user that has events; POST /v1/events begins a history");

    private static HistoryResponse Describe(UserHistory history, int limit, ItemVocabulary items)
    {
        int count = Math.Min(limit, history.Events.Count), first = history.Events.Count - count;
        var events = new KeptEventResponse[count];
        for (int i = 0; i < count; i++)
        {
            KeptEvent kept = history.Events[first + i];
            bool known = items.TryGetIndex(kept.ItemId, out int item);
            events[i] = new KeptEventResponse
            {
                ItemId = kept.ItemId,
                Title = known ? items.Title(item) : null,
                Timestamp = kept.Timestamp,
                Rating = kept.Rating,
                EventId = kept.EventId,
                Known = known,
            };
        }

        return new HistoryResponse { UserId = history.UserId, Count = history.Events.Count, Events = events };
    }
}
