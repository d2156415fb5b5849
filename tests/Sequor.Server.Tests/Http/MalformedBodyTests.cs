using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Sequor.Server.Tests.Http;

public sealed class MalformedBodyTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly string s_long = new('x', 513);

    public static TheoryData<string, int, string, string> Recommends => new()
    {
        { "", 400, "$", "empty" },
        { "null", 400, "$", "must be a JSON object" },
        { "[]", 400, "$", "must be an object" },
        { "42", 400, "$", "must be an object" },
        { "\"i1\"", 400, "$", "must be an object" },
        { "{", 400, "$", "line 1, byte 2" },
        { "{\"k\":10,\n\"history\":[\"i1\",]}", 400, "history[1]", "line 2, byte 17" },
        { "{'k':10}", 400, "$", "line 1, byte 2" },
        { "{\"k\":10} {}", 400, "$", "line 1, byte 10" },
        { "{\"k\":NaN,\"history\":[\"i1\"]}", 400, "k", "line 1, byte 6" },
        { "{\"k\":1e999,\"history\":[\"i1\"]}", 400, "k", "whole number" },
        { "{\"k\":1.5,\"history\":[\"i1\"]}", 400, "k", "whole number" },
        { "{\"k\":\"10\",\"history\":[\"i1\"]}", 400, "k", "whole number" },
        { "{\"k\":99999999999,\"history\":[\"i1\"]}", 400, "k", "whole number" },
        { "{\"k\":null,\"history\":[\"i1\"]}", 400, "k", "whole number" },
        { "{\"k\":0,\"history\":[\"i1\"]}", 422, "k", "1 … 1000" },
        { "{\"k\":-3,\"history\":[\"i1\"]}", 422, "k", "1 … 1000" },
        { "{\"k\":1001,\"history\":[\"i1\"]}", 422, "k", "1 … 1000" },
        { "{}", 422, "userId", "give one of them" },
        { "{\"userId\":\"u\",\"history\":[\"i1\"]}", 422, "userId", "must not stand beside history" },
        { "{\"userId\":\"\"}", 422, "userId", "must not be empty" },
        { "{\"userId\":7}", 400, "userId", "string" },
        { "{\"userId\":\"a\\u0000b\"}", 422, "userId", "control characters" },
        { "{\"userId\":\"\\ud800\"}", 400, "userId", "valid Unicode" },
        { $"{{\"userId\":\"{s_long}\"}}", 422, "userId", "at most 512 bytes" },
        { "{\"history\":[]}", 422, "history", "at least one event" },
        { "{\"history\":\"i1\"}", 400, "history", "a list" },
        { "{\"history\":[7]}", 400, "history[0]", "an item id, or an object" },
        { "{\"history\":[null]}", 422, "history[0]", "an item id, or an object" },
        { "{\"history\":[{}]}", 400, "history[0].itemId", "is missing" },
        { "{\"history\":[{\"itemID\":\"i1\"}]}", 400, "history[0].itemID", "did you mean itemId?" },
        { "{\"history\":[{\"itemId\":null}]}", 400, "history[0].itemId", "string" },
        { "{\"history\":[\"i1\",{\"itemId\":\"i2\",\"timestamp\":5}]}", 422, "history[1].timestamp", "or none" },
        { "{\"history\":[{\"itemId\":\"i2\",\"rating\":5},\"i1\"]}", 422, "history[1].rating", "or none" },
        { "{\"history\":[{\"itemId\":\"i1\",\"timestamp\":9},{\"itemId\":\"i2\",\"timestamp\":5}]}", 422, "history[1].timestamp", "oldest first" },
        { "{\"history\":[{\"itemId\":\"i1\",\"timestamp\":1700000000000}]}", 422, "history[0].timestamp", "milliseconds" },
        { "{\"history\":[{\"itemId\":\"i1\",\"timestamp\":\"2001-01-01\"}]}", 400, "history[0].timestamp", "whole number" },
        { "{\"history\":[{\"itemId\":\"i1\",\"rating\":1e999}]}", 422, "history[0].rating", "finite" },
        { "{\"history\":[\"nobody\"]}", 422, "history", "GET /v1/items" },
        { "{\"history\":[\"i1\"],\"history\":[\"i2\"]}", 400, "history", "stands twice" },
        { "{\"history\":[\"i1\"],\"topK\":3}", 400, "topK", "must be one of userId, history" },
        { "{\"history\":[\"i1\"],\"topKmethod\":3}", 400, "topKmethod", "did you mean topKMethod?" },
        { "{\"history\":[\"i1\"],\"\\ud800\":3}", 400, "$", "no text" },
        { "{\"history\":[\"i1\"],\"K\":3}", 400, "K", "did you mean k?" },
        { "{\"history\":[\"i1\"],\"at\":99999999999999}", 422, "at", "seconds since 1970" },
        { "{\"history\":[\"i1\"],\"includeSeen\":\"yes\"}", 400, "includeSeen", "true or false" },
        { "{\"history\":[\"i1\"],\"exclude\":[null]}", 422, "exclude[0]", "string" },
        { "{\"history\":[\"i1\"],\"exclude\":[\"\"]}", 422, "exclude[0]", "must not be empty" },
        { "{\"history\":[\"i1\"],\"allow\":[]}", 422, "allow", "at least one" },
        { "{\"history\":[\"i1\"],\"allow\":[\"nobody\"]}", 422, "allow", "at least one item that the model knows" },
        { "{\"history\":[\"i1\"],\"where\":[{\"attribute\":\"genres\",\"anyOf\":[\"A\"]}]}", 422, "where[0].attribute", "is not an attribute of the items; did you mean genre?" },
        { "{\"history\":[\"i1\"],\"where\":[{\"attribute\":\"genre\",\"anyOf\":[\"Z\"]}]}", 422, "where[0].anyOf[0]", "A, B, C" },
        { "{\"history\":[\"i1\"],\"where\":[{\"attribute\":\"genre\"}]}", 422, "where[0]", "anyOf or noneOf" },
        { "{\"history\":[\"i1\"],\"where\":[{\"anyOf\":[\"A\"]}]}", 400, "where[0].attribute", "is missing" },
        { "{\"history\":[\"i1\"],\"diversity\":{\"attribute\":\"genre\",\"most\":0}}", 422, "diversity.most", "at least 1" },
        { "{\"history\":[\"i1\"],\"diversity\":{\"attribute\":\"colour\",\"most\":1}}", 422, "diversity.attribute", "genre" },
        { "{\"history\":[\"i1\"],\"topKMethod\":\"MoLExactTopK\"}", 422, "topKMethod", "MIPSBruteForceTopK" },
        { "{\"userId\":\"nobody\"}", 404, "userId", "names no user" },
    };

    public static TheoryData<string, int, string, string> Events => new()
    {
        { "{\"userId\":\"u\"}", 400, "events", "is missing" },
        { "{\"events\":[]}", 400, "userId", "is missing" },
        { "{\"userId\":\"u\",\"events\":[]}", 422, "events", "at least one event" },
        { "{\"userId\":\"u\",\"events\":[\"i1\"]}", 400, "events[0]", "an object" },
        { "{\"userId\":\"u\",\"events\":[null]}", 422, "events[0]", "an object" },
        { "{\"userId\":\"u\",\"events\":[{\"itemId\":\"i1\",\"timestamp\":1700000000000}]}", 422, "events[0].timestamp", "milliseconds" },
        { "{\"userId\":\"u\",\"events\":[{\"itemId\":\"i1\",\"timestamp\":-99999999999999}]}", 422, "events[0].timestamp", "seconds since 1970" },
        { "{\"userId\":\"u\",\"events\":[{\"itemId\":\"i1\",\"rating\":-1e999}]}", 422, "events[0].rating", "finite" },
        { "{\"userId\":\"u\",\"events\":[{\"itemId\":\"i1\",\"eventId\":\"\"}]}", 422, "events[0].eventId", "must not be empty" },
        { "{\"userId\":\"u\",\"events\":[{\"itemId\":\"i1\",\"id\":\"7\"}]}", 400, "events[0].id", "is not a field" },
    };

    [Theory]
    [MemberData(nameof(Recommends))]
    public Task A_bad_question_is_refused_with_field_and_rule(string body, int status, string field, string rule) => Refused("/v1/recommend", Encoding.UTF8.GetBytes(body), status, field, rule);

    [Theory]
    [MemberData(nameof(Events))]
    public Task Bad_events_are_refused_with_field_and_rule(string body, int status, string field, string rule) => Refused("/v1/events", Encoding.UTF8.GetBytes(body), status, field, rule);

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        await Refused("/v1/recommend", [.. "{\"userId\":\""u8, 0xff, 0xfe, .. "\"}"u8], 400, "userId", "valid Unicode");
        await Refused("/v1/recommend", [0xff, 0xfe, 0x00], 400, "$", "line 1, byte 1");
        await Refused("/v1/recommend", Encoding.Unicode.GetBytes("{\"k\":1}"), 400, "$", "line 1, byte 2");
    }

    [Fact]
    public async Task A_refusal_stays_short_whatever_the_fields_are_called_and_however_many_there_are()
    {
        using HttpResponseMessage wide = await fixture.Service.PostAsync("/v1/recommend", $"{{\"{new string('x', 100_000)}\":1}}");
        Assert.InRange((await wide.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length, 1, 4_000);
        await IsProblem(wide, 400);
        using HttpResponseMessage many = await fixture.Service.PostAsync("/v1/recommend", $"{{{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"x{i}\":1"))}}}");
        JsonNode problem = await IsProblem(many, 400);
        Assert.Equal(20, problem["errors"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_document_that_there_is_not_is_a_problem()
    {
        using HttpResponseMessage answer = await fixture.Service.Client.GetAsync("/openapi/v2.json", TestContext.Current.CancellationToken);
        await IsProblem(answer, 404);
    }

    [Fact]
    public Task Nesting_has_an_end() => Refused("/v1/recommend", Encoding.UTF8.GetBytes(new string('[', 5000)), 400, "$", "depth");

    [Fact]
    public async Task Too_many_events_are_refused()
    {
        string body = $"{{\"history\":[{string.Join(',', Enumerable.Repeat("\"i1\"", 10_001))}]}}";
        await Refused("/v1/recommend", Encoding.UTF8.GetBytes(body), 422, "history", "at most 10000 events");
    }

    [Fact]
    public async Task All_faults_are_named_at_once()
    {
        JsonNode problem = await fixture.Service.AskAsync("/v1/recommend", "{\"k\":0,\"history\":[{\"itemId\":\"\"}],\"at\":1700000000000}");
        Assert.Equal(["history[0].itemId", "k", "at"], problem["errors"]!.AsArray().Select(error => (string)error!["field"]!));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    public async Task What_is_not_JSON_by_its_header_is_refused(string type)
    {
        using HttpResponseMessage answer = await fixture.Service.PostAsync("/v1/recommend", "{\"history\":[\"i1\"]}"u8.ToArray(), type);
        await IsProblem(answer, 415);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task An_encoded_body_is_refused(string encoding)
    {
        using var content = new ByteArrayContent([1, 2, 3]);
        content.Headers.Add("Content-Type", "application/json");
        content.Headers.Add("Content-Encoding", encoding);
        using HttpResponseMessage answer = await fixture.Service.Client.PostAsync("/v1/recommend", content, TestContext.Current.CancellationToken);
        await IsProblem(answer, 415);
    }

    private async Task Refused(string address, byte[] body, int status, string field, string rule)
    {
        using HttpResponseMessage answer = await fixture.Service.PostAsync(address, body);
        JsonNode problem = await IsProblem(answer, status);
        Assert.Equal(field, (string?)problem["errors"]![0]!["field"]);
        Assert.Contains(rule, (string?)problem["errors"]![0]!["rule"], StringComparison.Ordinal);
    }

    internal static async Task<JsonNode> IsProblem(HttpResponseMessage answer, int status)
    {
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == (HttpStatusCode)status, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        JsonNode problem = JsonNode.Parse(text)!;
        Assert.Equal(status, (int)problem["status"]!);
        Assert.NotEmpty((string)problem["title"]!);
        Assert.NotEmpty((string)problem["detail"]!);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
        return problem;
    }
}
