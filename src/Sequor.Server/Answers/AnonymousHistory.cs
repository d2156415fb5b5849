using Microsoft.AspNetCore.Http;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Serving;

namespace Sequor.Server.Answers;

/// <summary>Answers from the events that come with a request; nothing of them is kept.</summary>
internal static class AnonymousHistory
{
    /// <summary>Answers a request that has a history.</summary>
    /// <exception cref="RequestException">The model knows none of its items, needs ratings that it lacks, or the request does not fit it otherwise.</exception>
    internal static async ValueTask<RecommendResponse> AnswerAsync(ModelHost models, RecommendRequest request, TimeProvider time, CancellationToken cancellation)
    {
        using ModelLease lease = models.Lease();
        ServedModel model = lease.Model;
        UserEvents history = Known(model.Recommender.Items, request.History!, out IReadOnlyList<string> unknown);
        if (history.Count == 0)
            throw new RequestException(StatusCodes.Status422UnprocessableEntity, "history", unknown[0], "has no item that the model knows; GET /v1/items finds items");
        if (model.Recommender.Config.ReadsRatings && history.Ratings.IsEmpty)
            throw new RequestException(StatusCodes.Status422UnprocessableEntity, "history[0].rating", null, "is missing; this model reads ratings, so every event needs one");
        RecommendationQuery query = QueryResolver.Resolve(model, QueryResolver.At(request, time));
        try
        {
            RecommendationAnswer answer = await model.Recommender.RecommendAsync(history, query, cancellation);
            AttentionTrace? why = request.Explain ? model.Recommender.Explain(history, query.At) : null;
            return Responses.Describe(model, request, answer, history, query.At, unknown, why);
        }
        catch (InvalidInputException unfit)
        {
            // A rating that the model's table has no row for.
            throw new RequestException(StatusCodes.Status422UnprocessableEntity, "history", null, unfit.Message);
        }
    }

    private static UserEvents Known(ItemVocabulary vocabulary, IReadOnlyList<HistoryEvent> history, out IReadOnlyList<string> unknown)
    {
        int count = 0;
        bool timed = history[0].Timestamp is not null, rated = history[0].Rating is not null;
        int[] items = new int[history.Count];
        long[] times = timed ? new long[history.Count] : [];
        float[] ratings = rated ? new float[history.Count] : [];
        HashSet<string>? strangers = null;
        foreach (HistoryEvent sent in history)
        {
            if (!vocabulary.TryGetIndex(sent.ItemId, out int item))
            {
                (strangers ??= new HashSet<string>(StringComparer.Ordinal)).Add(sent.ItemId);
                continue;
            }

            items[count] = item;
            if (timed) times[count] = sent.Timestamp!.Value;
            if (rated) ratings[count] = sent.Rating!.Value;
            count++;
        }

        unknown = strangers is null ? [] : [.. strangers];
        return new UserEvents(items.AsMemory(0, count), times.AsMemory(0, timed ? count : 0), ratings.AsMemory(0, rated ? count : 0));
    }
}
