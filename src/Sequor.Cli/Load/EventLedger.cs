using System.Collections.Concurrent;
using Sequor.Data;
using Sequor.Server.Contracts;

namespace Sequor.Cli.Load;

/// <summary>The events that the service said it has, to be compared with those that it shows afterwards.</summary>
internal sealed class EventLedger
{
    /// <summary>As many events of a user as the service shows.</summary>
    private const int Shown = 1000;

    private readonly ConcurrentDictionary<int, ConcurrentQueue<string>> users = new();

    /// <summary>Notes an event that was acknowledged.</summary>
    public void Add(int user, string eventId) => users.GetOrAdd(user, _ => []).Enqueue(eventId);

    /// <summary>Asks for the histories of all users that had events.</summary>
    /// <exception cref="InvalidInputException">A history cannot be had, or a user has more events than are shown.</exception>
    public EventCheck Check(LoadClient client, SequenceStore store)
    {
        int acknowledged = 0, lost = 0, twice = 0;
        foreach ((int user, ConcurrentQueue<string> events) in users)
        {
            if (events.Count > Shown) throw new InvalidInputException($"user {store.UserId(user)} has {events.Count} events of this run, and a service shows {Shown}: they cannot be checked; use a store with more users, or a lower --append-share or --duration");
            HistoryResponse history = client.History(store.UserId(user), Shown);
            Dictionary<string, int> kept = history.Events.Where(one => one.EventId is not null).GroupBy(one => one.EventId!).ToDictionary(group => group.Key, group => group.Count());
            acknowledged += events.Count;
            lost += events.Count(id => !kept.ContainsKey(id));
            twice += kept.Values.Count(count => count > 1);
        }

        return new EventCheck(acknowledged, lost, twice);
    }
}

/// <summary>What became of events that were acknowledged.</summary>
/// <param name="Acknowledged">Events that the service said it has.</param>
/// <param name="Lost">Those of them that it does not show.</param>
/// <param name="Twice">Events that it shows more than once.</param>
internal readonly record struct EventCheck(int Acknowledged, int Lost, int Twice);
