using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Modeling;
using Sequor.Server.Answers;
using Sequor.Server.Contracts;
using Sequor.Server.Documentation;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Server.Users;
using Sequor.Serving;

namespace Sequor.Server.Endpoints;

/// <summary>The model itself: <c>/v1/model</c>.</summary>
internal static class ModelEndpoints
{
    private const int MostValues = 1000;

    internal static void MapModel(this IEndpointRouteBuilder routes)
    {
        var gate = routes.ServiceProvider.GetRequiredService<RequestGate>();
        var models = routes.ServiceProvider.GetRequiredService<Lazy<ModelHost>>();
        var users = routes.ServiceProvider.GetRequiredService<Lazy<IUsers>>();

        routes.MapGet("/v1/model", gate.Guard(async (context, cancellation) =>
        {
            AddressValues.Allow(context);
            IReadOnlyList<NodeResponse>? nodes = users.Value is ISharedUsers shared ? await shared.NodesAsync(cancellation) : null;
            using ModelLease lease = models.Value.Lease();
            JsonAnswer.Write(context, Describe(lease.Model) with { Nodes = nodes }, SequorJson.Default.ModelResponse);
        })).Describe("Describes the model", "What the model is, what it scored, and what requests may ask of it.", "Model").Gives<ModelResponse>().Refuses(400, 429, 503);

        // A large model takes longer to load than a request may: who asks waits, the others are answered meanwhile.
        routes.MapPost("/v1/model/reload", gate.Guard(async (context, _) =>
        {
            AddressValues.Allow(context);
            string before = models.Value.Version;
            try
            {
                await models.Value.ReloadAsync(context.RequestAborted);
            }
            catch (InvalidInputException bad)
            {
                Problem.Write(context, StatusCodes.Status409Conflict, $"the model that answers stays: {bad.Message}");
                return;
            }

            using ModelLease lease = models.Value.Lease();
            string outcome = lease.Model.Version == before ? "unchanged" : "swapped";
            JsonAnswer.Write(context, Describe(lease.Model) with { Outcome = outcome }, SequorJson.Default.ModelResponse);
        })).Describe("Takes up a new model", "Loads the artefact anew. It takes the place of the one that answers when it is verified and warm; a bad one is refused, and nothing changes.", "Model")
            .Gives<ModelResponse>().Refuses(400, 409, 429, 503);
    }

    private static ModelResponse Describe(ServedModel model)
    {
        Recommender recommender = model.Recommender;
        ArtifactManifest manifest = recommender.Manifest;
        ModelConfig config = recommender.Config;
        return new ModelResponse
        {
            Version = model.Version,
            LoadedAt = model.LoadedAt,
            DataName = manifest.DataName,
            DataFingerprint = manifest.DataFingerprint,
            Protocol = manifest.Protocol,
            Epoch = manifest.Epoch,
            // JSON has no other numbers.
            Metrics = manifest.Metrics.Where(metric => double.IsFinite(metric.Value)).ToDictionary(),
            Encoder = EncoderNames.Of(config.Encoder),
            Similarity = config.Similarity.ToString(),
            ItemCount = recommender.Items.Count,
            MaxSequenceLength = config.MaxSequenceLength,
            ReadsTimes = config.ReadsTimes,
            ReadsRatings = config.ReadsRatings,
            TopKMethods = [.. recommender.Methods.Select(method => method.ToString())],
            Attributes = Catalogue.Of(model).Attributes.ToDictionary(
                attribute => attribute.Attribute.Name, attribute => (IReadOnlyList<string>)(attribute.Texts.Length <= MostValues ? attribute.Texts : attribute.Texts[..MostValues])),
            CatalogueCoverage = recommender.Coverage.Share,
        };
    }
}
