using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;
using Sequor.Server.Contracts;
using Sequor.Server.Http;

namespace Sequor.Server.Documentation;

/// <summary>The OpenAPI document of the service, and a page on which people read and try it.</summary>
internal static class OpenApiDocument
{
    private const string KeyScheme = "apiKey", BearerScheme = "bearer";

    // The page of the documents brings its script along; what it must not do is ask others.
    private const string PagePolicy =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'";

    internal static void AddDocument(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, SequorJson.Default);
            json.SerializerOptions.NumberHandling = SequorJson.Default.Options.NumberHandling;
            json.SerializerOptions.RespectNullableAnnotations = true;
        });
        services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Sequor",
                    Version = "v1",
                    Description = "Recommendations from what users did, in the order in which they did it. Problems are `application/problem+json` (RFC 9457) and name field, value and rule.",
                };
                // Whoever reads it knows the address.
                document.Servers = [];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    [KeyScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-API-Key", Description = "Needed where the service is configured with keys." },
                    [BearerScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The same key as a bearer token." },
                };
                return Task.CompletedTask;
            });
            options.AddOperationTransformer(Complete);
            options.AddSchemaTransformer((schema, context, _) =>
            {
                // What is read by a converter has no schema of its own.
                if (context.JsonTypeInfo.Type == typeof(RecommendRequest) && schema.Properties?["history"] is OpenApiSchema history) history.Items = new OpenApiSchema { OneOf = HistoryEvents() };
                return Task.CompletedTask;
            });
        });
    }

    internal static void MapDocument(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/v1.json").WithMetadata(WithoutKey.Instance);
        routes.MapScalarApiReference("/scalar", options => options
            .WithTitle("Sequor").HideDeveloperTools().HideClientButton().DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().WithOpenApiRoutePattern("/openapi/{documentName}.json"))
            .WithMetadata(WithoutKey.Instance, new ContentPolicy(PagePolicy));
    }

    private static async Task Complete(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        await Task.CompletedTask;
        IList<object> notes = context.Description.ActionDescriptor.EndpointMetadata;
        foreach (ParameterNote note in notes.OfType<ParameterNote>())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = note.Name,
                Description = note.Description,
                In = note.InPath ? ParameterLocation.Path : ParameterLocation.Query,
                Required = note.InPath,
                Schema = note.WhenAbsent is { } number
                    ? new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Default = JsonValue.Create(number) }
                    : new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = RequestRules.LongestText },
            });
        }

        if (notes.OfType<WithoutKey>().Any()) return;
        operation.Security = [Requirement(KeyScheme), Requirement(BearerScheme)];
        if (operation.RequestBody?.Content is { } bodies && Examples.Request(operation.OperationId) is { } request)
            foreach (OpenApiMediaType body in bodies.Values.OfType<OpenApiMediaType>()) body.Example = request;
        foreach ((string status, IOpenApiResponse response) in operation.Responses ?? [])
            foreach (OpenApiMediaType body in (response.Content?.Values ?? []).OfType<OpenApiMediaType>())
                body.Example = Examples.Response(operation.OperationId, int.Parse(status, CultureInfo.InvariantCulture));

        OpenApiSecurityRequirement Requirement(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };
    }

    private static List<IOpenApiSchema> HistoryEvents() =>
    [
        new OpenApiSchema { Type = JsonSchemaType.String, Description = "Id of the item." },
        new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { "itemId" },
            AdditionalPropertiesAllowed = false,
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["itemId"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Id of the item." },
                ["timestamp"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Description = "Seconds since 1970; all events of a history have times, or none." },
                ["rating"] = new OpenApiSchema { Type = JsonSchemaType.Number, Format = "float", Description = "Rating; all events of a history have ratings, or none." },
            },
        },
    ];
}
