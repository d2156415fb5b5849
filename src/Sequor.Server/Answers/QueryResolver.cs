using Microsoft.AspNetCore.Http;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Retrieval;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Serving;

namespace Sequor.Server.Answers;

/// <summary>A request in the terms of a model: item ids become indices, conditions the set of items that meet them.</summary>
internal static class QueryResolver
{
    /// <summary>What to ask of the model. The time of the question is the request's, which <see cref="At"/> has filled in.</summary>
    /// <exception cref="RequestException">The request names a method, an attribute or a value that the model does not have, or no item that it knows.</exception>
    internal static RecommendationQuery Resolve(ServedModel model, RecommendRequest request)
    {
        Recommender recommender = model.Recommender;
        return new RecommendationQuery
        {
            Count = request.K,
            At = request.At,
            IncludeSeen = request.IncludeSeen,
            Excluded = request.Exclude is { Count: > 0 } exclude ? Known(recommender.Items, exclude) : default,
            Among = Among(model, request),
            Diversity = request.Diversity is { } diversity
                ? new DiversityCap(Catalogue.Of(model).Attribute(diversity.Attribute, "diversity.attribute").Attribute, diversity.Most)
                : null,
            Method = Method(recommender, request.TopKMethod),
            UserId = request.UserId,
        };
    }

    /// <summary>The request with the time of its question: now, unless it says one. A history without times has no use for it.</summary>
    internal static RecommendRequest At(RecommendRequest request, TimeProvider time) =>
        request.At is null ? request with { At = time.GetUtcNow().ToUnixTimeSeconds() } : request;

    private static ItemSet? Among(ServedModel model, RecommendRequest request)
    {
        ItemSet? meet = request.Where is { Count: > 0 } where ? Catalogue.Of(model).Conditions.Of(where) : null;
        if (request.Allow is not { } allow) return meet;
        ItemVocabulary items = model.Recommender.Items;
        int[] allowed = Known(items, allow);
        if (allowed.Length == 0)
            throw new RequestException(StatusCodes.Status422UnprocessableEntity, "allow", allow.Count > 0 ? allow[0] : null, "must name at least one item that the model knows; GET /v1/items finds them");
        return ItemSet.Of(items.Count, meet is null ? allowed : [.. allowed.Where(meet.Contains)]);
    }

    private static int[] Known(ItemVocabulary items, IReadOnlyList<string> ids)
    {
        int[] known = new int[ids.Count];
        int count = 0;
        for (int i = 0; i < known.Length; i++)
            if (items.TryGetIndex(ids[i], out int index)) known[count++] = index;
        return count == known.Length ? known : known[..count];
    }

    private static TopKMethod? Method(Recommender recommender, string? name)
    {
        if (name is null) return null;
        foreach (TopKMethod method in recommender.Methods)
            if (method.ToString() == name) return method;
        string[] names = [.. recommender.Methods.Select(method => method.ToString())];
        string near = Spelling.Nearest(name, names) is { } found ? $"; did you mean {found}?" : "";
        throw new RequestException(StatusCodes.Status422UnprocessableEntity, "topKMethod", name, $"must be one of {string.Join(", ", names)}{near}");
    }
}
