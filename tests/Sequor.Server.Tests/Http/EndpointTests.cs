using System.Net;
using System.Text.Json.Nodes;
using Sequor.Serving;
using Xunit;

namespace Sequor.Server.Tests.Http;

public sealed class EndpointTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private Service Service => fixture.Service;

    [Fact]
    public async Task A_history_is_answered_as_the_recommender_answers_it()
    {
        using Recommender recommender = Recommender.Load(Service.ModelDirectory);
        RecommendationAnswer expected = recommender.Recommend(
            new UserEvents((int[])[3, 14, 15, 92], (long[])[100L, 200L, 200L, 5000L]), new RecommendationQuery { Count = 7, At = 9000, Excluded = (int[])[50] });
        JsonNode answer = await Service.AskAsync("/v1/recommend", """
            {"history":[{"itemId":"i3","timestamp":100},{"itemId":"i14","timestamp":200},{"itemId":"unheard of","timestamp":200},{"itemId":"i15","timestamp":200},{"itemId":"i92","timestamp":5000}],
             "k":7,"at":9000,"exclude":["i50","nobody"],"explain":true}
            """);
        JsonArray items = answer["items"]!.AsArray();
        Assert.Equal(expected.Items.Select(item => (item.ItemId, item.Title, item.Score)), items.Select(item => ((string)item!["itemId"]!, (string?)item["title"], (float)item["score"]!)));
        Assert.Equal(Enumerable.Range(1, 7), items.Select(item => (int)item!["rank"]!));
        Assert.Equal(4, (int)answer["historyCount"]!);
        Assert.Equal(4, (int)answer["windowCount"]!);
        Assert.Null(answer["notes"]);
        Assert.Equal(9000, (long)answer["at"]!);
        Assert.Equal(["unheard of"], answer["unknownItems"]!.AsArray().Select(id => (string)id!));
        Assert.Equal(["i3", "i14", "i15", "i92"], answer["why"]!.AsArray().Select(why => (string)why!["itemId"]!));
        Assert.Equal(1, answer["why"]!.AsArray().Sum(why => (float)why!["share"]!), 1e-4);
        Assert.Equal("MIPSBruteForceTopK", (string?)answer["topKMethod"]);
    }

    [Fact]
    public async Task Ids_alone_are_a_history_and_ten_items_are_the_answer()
    {
        JsonNode answer = await Service.AskAsync("/v1/recommend", """{"history":["i1","i2"]}""");
        Assert.Equal(10, answer["items"]!.AsArray().Count);
        Assert.Null(answer["at"]);
        Assert.Null(answer["why"]);
        Assert.Equal(["this history has no times: the time part of the model's attention is off"], answer["notes"]!.AsArray().Select(note => (string)note!));
    }

    [Fact]
    public async Task Conditions_hold_of_every_item()
    {
        JsonNode answer = await Service.AskAsync("/v1/recommend", """{"history":["i1"],"k":100,"where":[{"attribute":"genre","anyOf":["A","C"]},{"attribute":"genre","noneOf":["B"]}]}""");
        var found = answer["items"]!.AsArray();
        Assert.Equal(Enumerable.Range(2, 99).Count(i => i % 10 != 0 && i % 3 != 0 && i % 2 != 0), found.Count);
        Assert.All(found, item => Assert.Equal(["C"], item!["attributes"]!["genre"]!.AsArray().Select(value => (string)value!)));
        JsonNode allowed = await Service.AskAsync("/v1/recommend", """{"history":["i1"],"k":100,"allow":["i1","i7","i2","nobody"],"includeSeen":true,"where":[{"attribute":"genre","anyOf":["C"]}]}""");
        Assert.Equal(["i1", "i7"], allowed["items"]!.AsArray().Select(item => (string)item!["itemId"]!).Order());
    }

    [Fact]
    public async Task A_cap_holds_of_every_value()
    {
        JsonNode answer = await Service.AskAsync("/v1/recommend", """{"history":["i1"],"k":12,"diversity":{"attribute":"genre","most":2}}""");
        var values = answer["items"]!.AsArray().SelectMany(item => item!["attributes"]!["genre"]!.AsArray()).Select(value => (string)value!).CountBy(value => value);
        Assert.All(values, value => Assert.InRange(value.Value, 1, 2));
    }

    [Fact]
    public async Task Events_make_a_user_who_can_be_asked_for_shown_and_forgotten()
    {
        const string Id = "ann/e %2F+?";
        string path = "/v1/users/" + Uri.EscapeDataString(Id);
        JsonNode kept = await Service.AskAsync("/v1/events", $$"""{"userId":"{{Id}}","events":[{"itemId":"i4","eventId":"e1","timestamp":100},{"itemId":"new","timestamp":200,"rating":4.5}]}""");
        Assert.Equal((2, 0, 2), ((int)kept["appended"]!, (int)kept["repeated"]!, (int)kept["historyCount"]!));
        Assert.Equal(["new"], kept["unknownItems"]!.AsArray().Select(id => (string)id!));
        JsonNode again = await Service.AskAsync("/v1/events", $$"""{"userId":"{{Id}}","events":[{"itemId":"i4","eventId":"e1","timestamp":100}]}""");
        Assert.Equal((0, 1, 2), ((int)again["appended"]!, (int)again["repeated"]!, (int)again["historyCount"]!));

        JsonNode history = await Service.GetAsync(path + "/history?limit=1");
        Assert.Equal((Id, 2), ((string)history["userId"]!, (int)history["count"]!));
        JsonNode last = Assert.Single(history["events"]!.AsArray())!;
        Assert.Equal(("new", 200L, 4.5f, false), ((string)last["itemId"]!, (long)last["timestamp"]!, (float)last["rating"]!, (bool)last["known"]!));
        Assert.Contains(Id, (await Service.GetAsync("/v1/users?limit=1000"))["userIds"]!.AsArray().Select(id => (string)id!));
        Assert.Equal(10, (await Service.AskAsync("/v1/recommend", $$"""{"userId":"{{Id}}"}"""))["items"]!.AsArray().Count);

        using HttpResponseMessage gone = await Service.Client.DeleteAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Equal(404, (int)(await Service.GetAsync(path + "/history"))["status"]!);
    }

    [Fact]
    public async Task Events_without_a_time_happened_now()
    {
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await Service.AskAsync("/v1/events", """{"userId":"now","events":[{"itemId":"i4"}]}""");
        JsonNode history = await Service.GetAsync("/v1/users/now/history");
        Assert.InRange((long)history["events"]![0]!["timestamp"]!, before, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Similar_items_are_those_of_the_recommender()
    {
        using Recommender recommender = Recommender.Load(Service.ModelDirectory);
        JsonNode answer = await Service.GetAsync("/v1/items/i7/similar?k=5");
        Assert.Equal(recommender.Similar(7, 5).Select(item => (item.ItemId, item.Score)), answer["items"]!.AsArray().Select(item => ((string)item!["itemId"]!, (float)item["score"]!)));
        Assert.Equal("Godfather, The", (string?)answer["title"]);
    }

    [Fact]
    public async Task The_model_says_what_may_be_asked()
    {
        JsonNode model = await Service.GetAsync("/v1/model");
        Assert.Equal((100, 20, "HSTU", "DotProduct", true, false, 3), (
            (int)model["itemCount"]!, (int)model["maxSequenceLength"]!, (string)model["encoder"]!, (string)model["similarity"]!, (bool)model["readsTimes"]!, (bool)model["readsRatings"]!, (int)model["epoch"]!));
        Assert.Equal(["A", "B", "C"], model["attributes"]!["genre"]!.AsArray().Select(value => (string)value!));
        Assert.Equal(0.5, (double)model["metrics"]!["hr@10"]!);
    }

    [Fact]
    public async Task An_answer_says_in_its_header_where_the_time_went()
    {
        using HttpResponseMessage answer = await Service.PostAsync("/v1/recommend", """{"history":["i1"]}""");
        Assert.Matches(@"^queue;dur=[\d.E-]+, encode;dur=[\d.]+, search;dur=[\d.]+$", string.Join(", ", answer.Headers.GetValues("Server-Timing")));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404)]
    [InlineData("GET", "/v1/recommend", 405)]
    [InlineData("DELETE", "/v1/events", 405)]
    [InlineData("POST", "/health/live", 405)]
    [InlineData("GET", "/v1/users/nobody/history", 404)]
    [InlineData("DELETE", "/v1/users/nobody", 404)]
    [InlineData("GET", "/v1/items/nothing/similar", 404)]
    [InlineData("GET", "/v1/items/i1/similar?k=0", 422)]
    [InlineData("GET", "/v1/items/i1/similar?k=1001", 422)]
    [InlineData("GET", "/v1/items/i1/similar?k=ten", 422)]
    [InlineData("GET", "/v1/items?quary=x", 400)]
    [InlineData("GET", "/v1/items?k=3&k=4", 400)]
    [InlineData("GET", "/v1/items?query=%00", 422)]
    [InlineData("GET", "/v1/users?limit=-1", 422)]
    [InlineData("GET", "/v1/users/a%0Ab/history", 422)]
    [InlineData("GET", "/v1/model?verbose=1", 400)]
    public async Task What_cannot_be_asked_is_refused(string method, string address, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        using HttpResponseMessage answer = await Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await MalformedBodyTests.IsProblem(answer, status);
        if (status == 405) Assert.NotEmpty(answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task No_body_that_anyone_could_send_makes_the_service_fail()
    {
        byte[] sane = """{"history":[{"itemId":"i3","timestamp":100,"rating":3.5},"i14"],"k":7,"at":9000,"exclude":["i50"],"where":[{"attribute":"genre","anyOf":["A"]}],"diversity":{"attribute":"genre","most":2}}"""u8.ToArray();
        var random = new Random(5);
        for (int round = 0; round < 1500; round++)
        {
            byte[] body = [.. sane];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int at = random.Next(body.Length);
                body = random.Next(3) switch
                {
                    0 => [.. body[..at], .. body[(at + 1)..]],
                    1 => [.. body[..at], body[random.Next(body.Length)], .. body[at..]],
                    _ => [.. body[..at], (byte)random.Next(256), .. body[(at + 1)..]],
                };
            }

            using HttpResponseMessage answer = await Service.PostAsync("/v1/recommend", body);
            Assert.True((int)answer.StatusCode is 200 or 400 or 422, $"{(int)answer.StatusCode}: {Convert.ToBase64String(body)}");
        }
    }

    [Fact]
    public async Task Health_is_asked_for_without_more()
    {
        Assert.Equal("live", (string?)(await Service.GetAsync("/health/live"))["status"]);
        Assert.Equal("ready", (string?)(await Service.GetAsync("/health/ready"))["status"]);
    }
}
