using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Data;
using Sequor.Server.Answers;
using Sequor.Server.Contracts;
using Sequor.Server.Documentation;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Serving;

namespace Sequor.Server.Endpoints;

/// <summary>The items of the model: <c>/v1/items</c>.</summary>
internal static class ItemEndpoints
{
    private const int Shown = 10;

    internal static void MapItems(this IEndpointRouteBuilder routes)
    {
        var gate = routes.ServiceProvider.GetRequiredService<RequestGate>();
        var options = routes.ServiceProvider.GetRequiredService<ServerOptions>();
        var models = routes.ServiceProvider.GetRequiredService<Lazy<ModelHost>>();

        routes.MapGet("/v1/items", gate.Guard((context, _) =>
        {
            AddressValues.Allow(context, "query", "k");
            string query = AddressValues.Text(context, "query");
            int count = AddressValues.Number(context, "k", Shown, options.MostResults);
            using ModelLease lease = models.Value.Lease();
            JsonAnswer.Write(context, Find(lease.Model, query, count), SequorJson.Default.ItemsResponse);
            return default;
        })).Describe("Finds items", "Items whose title or id has words that begin with all words of the query; case and accents do not count. The most popular come first; all match an empty query.", "Items")
            .With("query", "Beginnings of words, in any order.").With("k", "Items wanted.", Shown).Gives<ItemsResponse>().Refuses(400, 422, 429, 503);

        routes.MapGet("/v1/items/{id}/similar", gate.Guard((context, _) =>
        {
            AddressValues.Allow(context, "k");
            string id = AddressValues.PathId(context);
            int count = AddressValues.Number(context, "k", Shown, options.MostResults);
            using ModelLease lease = models.Value.Lease();
            Recommender recommender = lease.Model.Recommender;
            if (!recommender.Items.TryGetIndex(id, out int item))
                throw new RequestException(StatusCodes.Status404NotFound, "id in the address", id, "names no item that the model knows; GET /v1/items finds items");
            JsonAnswer.Write(context, new SimilarItemsResponse
            {
                ModelVersion = lease.Model.Version,
                ItemId = id,
                Title = recommender.Items.Title(item),
                Items = Responses.Items(lease.Model, recommender.Similar(item, count)),
            }, SequorJson.Default.SimilarItemsResponse);
            return default;
        })).Describe("Shows similar items", "The items that the model has learned to be most like one, by cosine.", "Items")
            .WithId("Id of the item.").With("k", "Items wanted.", Shown).Gives<SimilarItemsResponse>().Refuses(400, 404, 422, 429, 503);
    }

    private static ItemsResponse Find(ServedModel model, string query, int count)
    {
        Catalogue catalogue = Catalogue.Of(model);
        ItemVocabulary items = model.Recommender.Items;
        List<int> found = catalogue.Search.Find(query, count);
        var described = new ItemResponse[found.Count];
        for (int i = 0; i < described.Length; i++)
        {
            int item = found[i];
            described[i] = new ItemResponse
            {
                ItemId = items.Id(item), Title = items.Title(item), Popularity = model.Recommender.Popularity[item], Attributes = catalogue.Describe(item),
            };
        }

        return new ItemsResponse { Items = described };
    }
}
