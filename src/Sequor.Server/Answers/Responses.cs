using Sequor.Modeling;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Serving;

namespace Sequor.Server.Answers;

/// <summary>Answers of a model in the terms of the outside.</summary>
internal static class Responses
{
    private static readonly string[] s_timeless = ["this history has no times: the time part of the model's attention is off"];

    /// <summary>An answer to a request.</summary>
    /// <param name="model">The model that answered.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="answer">What it answered.</param>
    /// <param name="history">The events that it answered from.</param>
    /// <param name="at">Time of the question that the model saw.</param>
    /// <param name="unknownItems">Item ids of the history that the model does not know.</param>
    /// <param name="why">What the newest state looked at: the newest events of the history, as many as it has entries.</param>
    internal static RecommendResponse Describe(
        ServedModel model, RecommendRequest request, RecommendationAnswer answer, UserEvents history, long? at, IReadOnlyList<string> unknownItems, AttentionTrace? why)
    {
        AnswerEffort effort = answer.Effort;
        return new RecommendResponse
        {
            ModelVersion = model.Version,
            Items = Items(model, answer.Items),
            TopKMethod = request.TopKMethod ?? model.Recommender.Methods[0].ToString(),
            At = history.Timestamps.IsEmpty ? null : at,
            HistoryCount = history.Count,
            WindowCount = effort.WindowEvents,
            UnknownItems = unknownItems,
            Notes = model.Recommender.Config.ReadsTimes && history.Timestamps.IsEmpty ? s_timeless : null,
            Why = why is null ? null : Why(model, history, why),
            Timing = new TimingResponse
            {
                QueuedMilliseconds = Milliseconds(effort.Queued),
                EncodeMilliseconds = Milliseconds(effort.Encode),
                SearchMilliseconds = Milliseconds(effort.Search),
                BatchSize = effort.BatchSize,
                CachedEvents = effort.CachedEvents,
            },
        };
    }

    /// <summary>Ranked items.</summary>
    internal static ScoredItemResponse[] Items(ServedModel model, IReadOnlyList<Recommendation> found)
    {
        Catalogue catalogue = Catalogue.Of(model);
        var items = new ScoredItemResponse[found.Count];
        for (int i = 0; i < items.Length; i++)
        {
            Recommendation item = found[i];
            items[i] = new ScoredItemResponse { Rank = i + 1, ItemId = item.ItemId, Title = item.Title, Score = item.Score, Attributes = catalogue.Describe(item.ItemIndex) };
        }

        return items;
    }

    private static AttentionResponse[] Why(ServedModel model, UserEvents history, AttentionTrace why)
    {
        var events = new AttentionResponse[why.Share.Length];
        int first = history.Count - events.Length;
        for (int i = 0; i < events.Length; i++)
        {
            int item = history.Items.Span[first + i];
            events[i] = new AttentionResponse
            {
                ItemId = model.Recommender.Items.Id(item),
                Title = model.Recommender.Items.Title(item),
                Timestamp = history.Timestamps.IsEmpty ? null : history.Timestamps.Span[first + i],
                Share = why.Share[i],
                Content = why.Content[i],
                Position = why.Position[i],
                Time = why.Time[i],
            };
        }

        return events;
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
