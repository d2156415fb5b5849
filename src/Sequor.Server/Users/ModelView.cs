using Sequor.Data;
using Sequor.Modeling;
using Sequor.Serving;

namespace Sequor.Server.Users;

/// <summary>
/// What one model sees of a history. Events whose item it does not know are left out; if it reads ratings, so are events without one or with one
/// that its table lacks: they are kept, and count for a model that can read them. Without the time of one event the model sees no times.
/// </summary>
internal sealed class ModelView(ItemVocabulary items, ModelConfig config, IHistories histories)
{
    private const int MostUnknown = 20;

    private readonly List<string> _unknown = [];

    /// <summary>Different items that the model does not know, the first ones.</summary>
    internal IReadOnlyList<string> UnknownItems
    {
        get
        {
            lock (_unknown) return [.. _unknown];
        }
    }

    /// <summary>The events as the model sees them.</summary>
    /// <param name="events">Events, oldest first.</param>
    internal UserEvents Of(IReadOnlyList<StoredEvent> events)
    {
        var codes = new List<int>(events.Count);
        var times = new List<long>(events.Count);
        var ratings = new List<float>(config.ReadsRatings ? events.Count : 0);
        for (int i = 0; i < events.Count; i++)
        {
            StoredEvent one = events[i];
            if (!items.TryGetIndex(histories.ItemId(one.Item), out int index))
            {
                Miss(histories.ItemId(one.Item));
                continue;
            }

            if (config.ReadsRatings)
            {
                if (one.Rating is not { } rating || !config.Ratings.HasRow(rating)) continue;
                ratings.Add(rating);
            }

            codes.Add(index);
            if (one.Time is { } time) times.Add(time);
        }

        return new UserEvents(codes.ToArray(), times.Count == codes.Count ? times.ToArray() : default, ratings.ToArray());
    }

    private void Miss(string id)
    {
        lock (_unknown)
        {
            if (_unknown.Count < MostUnknown && !_unknown.Contains(id)) _unknown.Add(id);
        }
    }
}
