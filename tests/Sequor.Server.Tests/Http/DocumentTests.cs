using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sequor.Server.Contracts;
using Sequor.Server.Documentation;
using Xunit;

namespace Sequor.Server.Tests.Http;

public sealed partial class DocumentTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly string[] s_operations =
    [
        "GET /health/live", "GET /health/ready", "POST /v1/events", "GET /v1/items", "GET /v1/items/{id}/similar", "GET /v1/model", "POST /v1/model/reload", "POST /v1/recommend",
        "GET /v1/users", "DELETE /v1/users/{id}", "GET /v1/users/{id}/history",
    ];

    [Fact]
    public async Task Every_operation_is_described_with_what_it_takes_gives_and_refuses()
    {
        JsonNode document = await fixture.Service.GetAsync("/openapi/v1.json");
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => (Name: $"{operation.Key.ToUpperInvariant()} {path.Key}", Operation: operation.Value!))).ToList();
        Assert.Equal(s_operations.Order(StringComparer.Ordinal), operations.Select(operation => operation.Name).Order(StringComparer.Ordinal));
        Assert.Equal(operations.Count, operations.Select(operation => (string?)operation.Operation["operationId"]).Distinct().Count());
        foreach ((string name, JsonNode operation) in operations)
        {
            Assert.NotEmpty((string?)operation["summary"] ?? "");
            Assert.NotEmpty((string?)operation["description"] ?? "");
            var parameters = (operation["parameters"]?.AsArray() ?? []).Select(parameter => (string?)parameter!["name"]).ToList();
            Assert.True(name.Contains("{id}", StringComparison.Ordinal) == parameters.Contains("id"), $"{name}: {string.Join(", ", parameters)}");
            Assert.True((name is "POST /v1/recommend" or "POST /v1/events") == (operation["requestBody"]?["content"]?["application/json"]?["example"] is not null), $"{name}: {operation["requestBody"]}");
            if (name.Contains("/health/", StringComparison.Ordinal)) continue;
            Assert.Equal(2, operation["security"]!.AsArray().Count);
            foreach (string status in new[] { "401", "429", "500", "503" })
                Assert.NotNull(operation["responses"]![status]?["content"]?["application/problem+json"]?["example"]);
        }

        JsonObject schemas = document["components"]!["schemas"]!.AsObject();
        Assert.Equal("Results wanted; 10 when absent.", (string?)schemas["RecommendRequest"]!["properties"]!["k"]!["description"]);
        Assert.Equal(2, schemas["RecommendRequest"]!["properties"]!["history"]!["items"]!["oneOf"]!.AsArray().Count);
        Assert.Equal(["apiKey", "bearer"], document["components"]!["securitySchemes"]!.AsObject().Select(scheme => scheme.Key));
        foreach (var (name, schema) in schemas)
            foreach (var (field, property) in schema!["properties"]?.AsObject() ?? [])
                Assert.True(property!["description"] is not null || property["$ref"] is not null || property["oneOf"] is not null, $"{name}.{field} has no description");
    }

    [Fact]
    public void Examples_of_bodies_can_be_read()
    {
        Assert.NotNull(Examples.Request("recommendsItems").Deserialize(SequorJson.Default.RecommendRequest));
        Assert.NotNull(Examples.Request("keepsEvents").Deserialize(SequorJson.Default.EventsRequest));
    }

    [Fact]
    public async Task The_page_of_the_document_brings_along_all_that_it_loads()
    {
        using HttpResponseMessage page = await fixture.Service.Client.GetAsync("/scalar/", TestContext.Current.CancellationToken);
        string html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("connect-src 'self'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        string[] loaded = [.. Loads().Matches(html).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(loaded);
        foreach (string address in loaded)
        {
            Assert.DoesNotContain("//", address, StringComparison.Ordinal);
            using HttpResponseMessage part = await fixture.Service.Client.GetAsync(new Uri(new Uri(fixture.Service.Client.BaseAddress!, "/scalar/"), address), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, part.StatusCode);
        }
    }

    [GeneratedRegex("<(?:script|link|img)[^>]*(?:src|href)=\"([^\"]+)\"")]
    private static partial Regex Loads();
}
