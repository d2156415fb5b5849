using System.Net;
using System.Text.RegularExpressions;
using Sequor.Server.Page;
using Xunit;

namespace Sequor.Server.Tests.Page;

public partial class PageEndpointTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_page_is_smaller_than_60_KB() => Assert.InRange(PageFile.ReadAll().Values.Sum(file => file.Length), 1, 60 * 1024);

    [Fact]
    public async Task Every_file_that_is_mentioned_is_served_with_its_type_and_under_a_strict_policy()
    {
        await using CannedService service = await CannedService.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(service.Url) };
        using HttpResponseMessage html = await client.GetAsync(new Uri("/", UriKind.Relative), Token);
        string mentions = await html.Content.ReadAsStringAsync(Token) + string.Join(' ', html.Headers.GetValues("Link"));
        string[] paths = [.. Mentioned().Matches(mentions).Select(match => match.Value).Distinct()];
        Assert.Equal(PageFile.ReadAll().Keys.Where(name => name != "index.html").Select(name => $"/page/{name}").Order(), paths.Order());
        foreach (string path in paths.Append("/"))
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri(path, UriKind.Relative), Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            string policy = response.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("script-src 'self'; style-src 'self'", policy);
            Assert.DoesNotContain("unsafe", policy);
            string expected = path == "/" ? "text/html" : path.EndsWith(".js", StringComparison.Ordinal) ? "text/javascript" : path.EndsWith(".css", StringComparison.Ordinal) ? "text/css" : "image/svg+xml";
            Assert.Equal(expected, response.Content.Headers.ContentType!.MediaType);
        }
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    [InlineData("identity")]
    public async Task A_file_is_sent_as_the_client_reads_it_and_not_again(string encoding)
    {
        await using CannedService service = await CannedService.StartAsync();
        using var client = new HttpClient(new HttpClientHandler { AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = new Uri(service.Url) };
        client.DefaultRequestHeaders.Add("Accept-Encoding", encoding);
        using HttpResponseMessage first = await client.GetAsync(new Uri("/page/page.css", UriKind.Relative), Token);
        Assert.Equal(encoding == "identity" ? [] : [encoding], first.Content.Headers.ContentEncoding);
        Assert.Equal(encoding == "identity", first.Content.Headers.ContentLength == PageFile.ReadAll()["page.css"].Length);

        client.DefaultRequestHeaders.Add("If-None-Match", first.Headers.ETag!.ToString());
        using HttpResponseMessage second = await client.GetAsync(new Uri("/page/page.css", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task A_head_request_has_the_headers_alone()
    {
        await using CannedService service = await CannedService.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(service.Url) };
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri("/", UriKind.Relative));
        using HttpResponseMessage response = await client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(PageFile.ReadAll()["index.html"].Length, response.Content.Headers.ContentLength);
    }

    [GeneratedRegex("""/page/[\w.]+""")]
    private static partial Regex Mentioned();
}
