using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Sequor.Server.Http;
using Xunit;

namespace Sequor.Server.Tests.Http;

public sealed class AdmissionTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Where_keys_are_configured_one_must_be_shown_for_all_but_health_and_documents()
    {
        (string key, string hash) = ApiKeys.Create();
        (string other, string otherHash) = ApiKeys.Create();
        await using Service service = await Service.StartAsync(options => options with { ApiKeyHashes = [otherHash, hash] });
        foreach (string open in new[] { "/health/live", "/health/ready", "/openapi/v1.json", "/scalar/" })
            Assert.Equal(HttpStatusCode.OK, await Status(open));
        foreach (string closed in new[] { "/v1/model", "/v1/users", "/v1/items", "/metrics", "/v1/nothing", "/v1/users/u/history" })
        {
            using HttpResponseMessage refused = await service.Client.GetAsync(closed, Cancellation);
            await MalformedBodyTests.IsProblem(refused, 401);
            Assert.Contains("an API key is needed", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            using var wrong = new HttpRequestMessage(HttpMethod.Get, closed) { Headers = { { "X-API-Key", key + "x" } } };
            using HttpResponseMessage unknown = await service.Client.SendAsync(wrong, Cancellation);
            Assert.Contains("this key is not known", await unknown.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            Assert.Equal("Bearer", Assert.Single(refused.Headers.WwwAuthenticate).Scheme);
            Assert.Equal(HttpStatusCode.Unauthorized, await Status(closed, "X-API-Key", key + "x"));
            Assert.Equal(HttpStatusCode.Unauthorized, await Status(closed, "X-API-Key", hash));
            Assert.Equal(HttpStatusCode.Unauthorized, await Status(closed, "Authorization", "Basic " + key));
        }

        Assert.Equal(HttpStatusCode.OK, await Status("/v1/model", "X-API-Key", key));
        Assert.Equal(HttpStatusCode.OK, await Status("/v1/model", "Authorization", "Bearer " + key));
        Assert.Equal(HttpStatusCode.OK, await Status("/v1/model", "Authorization", "bearer " + other));
        Assert.Equal(HttpStatusCode.OK, await Status("/metrics", "X-API-Key", other));

        async Task<HttpStatusCode> Status(string address, string? header = null, string? value = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (header is not null) request.Headers.TryAddWithoutValidation(header, value);
            using HttpResponseMessage answer = await service.Client.SendAsync(request, Cancellation);
            return answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("*")]
    [InlineData("::")]
    [InlineData("192.0.2.7")]
    public void Others_are_not_let_in_without_keys_unless_somebody_insists(string host)
    {
        var options = new ServerOptions { ModelDirectory = "none", HistoriesPath = "none", Host = host };
        Assert.Contains("--insecure", Assert.Throws<InvalidInputException>(() => SequorServer.Create(options)).Message, StringComparison.Ordinal);
        Assert.NotNull(SequorServer.Create(options with { Insecure = true }));
        Assert.NotNull(SequorServer.Create(options with { ApiKeyHashes = [ApiKeys.Create().Hash] }));
    }

    [Theory]
    [InlineData("md5:00")]
    [InlineData("sha256:xyz")]
    [InlineData("sq_a-key-itself")]
    public void What_is_no_hash_is_refused_and_not_shown(string hash)
    {
        string message = Assert.Throws<InvalidInputException>(() => SequorServer.Create(new ServerOptions { ModelDirectory = "none", HistoriesPath = "none", ApiKeyHashes = [hash] })).Message;
        Assert.Contains("--new-key", message, StringComparison.Ordinal);
        Assert.DoesNotContain(hash, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_is_none_is_refused() =>
        Assert.Contains("'nowhere.example'", Assert.Throws<InvalidInputException>(() => SequorServer.Create(new ServerOptions { ModelDirectory = "none", HistoriesPath = "none", Host = "nowhere.example" })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:9", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("rebound.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("192.0.2.7", false)]
    public async Task A_service_of_this_machine_answers_to_its_names_alone(string host, bool answers)
    {
        Service service = fixture.Service;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/model");
        request.Headers.Host = host;
        using HttpResponseMessage answer = await service.Client.SendAsync(request, Cancellation);
        Assert.Equal(answers ? HttpStatusCode.OK : HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("recommend.example", "https://recommend.example", 200)]
    [InlineData("localhost", "https://recommend.example", 200)]
    [InlineData("Recommend.example:443", "https://other.example", 403)]
    [InlineData("other.example", "https://recommend.example", 421)]
    public async Task A_service_behind_a_proxy_answers_to_the_names_that_it_was_told(string host, string origin, int status)
    {
        await using Service service = await Service.StartAsync(options => options with { AllowedHosts = ["recommend.example"] });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/recommend") { Content = new StringContent("""{"history":["i1"]}""", Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("Origin", origin);
        using HttpResponseMessage answer = await service.Client.SendAsync(request, Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("http://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("own", 200)]
    public async Task Pages_of_other_origins_may_change_nothing(string origin, int status)
    {
        Service service = fixture.Service;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StringContent("""{"userId":"u","events":[{"itemId":"i1"}]}""", Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        request.Headers.TryAddWithoutValidation("Origin", origin == "own" ? service.Client.BaseAddress!.ToString().TrimEnd('/') : origin);
        using HttpResponseMessage answer = await service.Client.SendAsync(request, Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
