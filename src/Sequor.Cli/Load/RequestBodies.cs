using System.Text.Json;
using Sequor.Data;
using Sequor.Server.Contracts;

namespace Sequor.Cli.Load;

/// <summary>The UTF-8 bodies of requests, made before their time comes.</summary>
/// <param name="store">Whose users ask.</param>
/// <param name="settings">What is wanted.</param>
/// <param name="model">The model that answers: events carry what it reads.</param>
internal sealed class RequestBodies(SequenceStore store, LoadSettings settings, ModelResponse model)
{
    private readonly bool hasTimes = model.ReadsTimes && store.HasTimestamps;
    private readonly bool hasRatings = model.ReadsRatings && store.HasRatings;
    private readonly int window = settings.HistoryLength ?? model.MaxSequenceLength;

    // Sent again after a run, an event of the same name would change nothing.
    private readonly string run = Guid.NewGuid().ToString("N")[..12];

    /// <summary>Name of the event that a request brings.</summary>
    public string EventId(int number) => $"load-{run}-{number}";

    /// <summary>The body of a request.</summary>
    /// <param name="arrival">What it asks.</param>
    /// <param name="number">Its place in the schedule, which names its event.</param>
    public byte[] Of(Arrival arrival, int number) => arrival.Kind switch
    {
        LoadKind.Events => JsonSerializer.SerializeToUtf8Bytes(Event(arrival, number), SequorJson.Default.EventsRequest),
        LoadKind.User => JsonSerializer.SerializeToUtf8Bytes(new RecommendRequest { UserId = store.UserId(arrival.User), K = settings.K }, SequorJson.Default.RecommendRequest),
        _ => JsonSerializer.SerializeToUtf8Bytes(History(arrival), SequorJson.Default.RecommendRequest),
    };

    // The question is put at the time of the event that came next.
    private RecommendRequest History(Arrival arrival)
    {
        UserSequence all = store[arrival.User];
        int first = Math.Max(0, arrival.Cut - window);
        var history = new HistoryEvent[arrival.Cut - first];
        for (int i = 0; i < history.Length; i++)
        {
            history[i] = new HistoryEvent
            {
                ItemId = store.Items.Id(all.Items[first + i]),
                Timestamp = hasTimes ? all.Timestamps[first + i] : null,
                Rating = hasRatings ? all.Ratings[first + i] : null,
            };
        }

        return new RecommendRequest { History = history, K = settings.K, At = hasTimes ? all.Timestamps[Math.Min(arrival.Cut, all.Length - 1)] : null };
    }

    private EventsRequest Event(Arrival arrival, int number)
    {
        UserSequence all = store[arrival.User];
        return new EventsRequest
        {
            UserId = store.UserId(arrival.User),
            Events =
            [
                new EventRequest
                {
                    ItemId = store.Items.Id(all.Items[arrival.Cut - 1]),
                    EventId = EventId(number),
                    Rating = store.HasRatings ? all.Ratings[arrival.Cut - 1] : null,
                },
            ],
        };
    }
}
