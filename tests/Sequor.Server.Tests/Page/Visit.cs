using System.Collections.Concurrent;
using Microsoft.Playwright;
using Xunit;

namespace Sequor.Server.Tests.Page;

/// <summary>A person before the page. Whatever the page complains about or fetches from elsewhere fails the test.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = [];

    private Visit(IBrowserContext context, IPage page, string origin)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) => Note(message.Type is "error" or "warning" && !message.Text.Contains("status of 4", StringComparison.Ordinal)
            && !message.Text.Contains("status of 5", StringComparison.Ordinal), $"console: {message.Text}");
        page.PageError += (_, error) => Note(true, $"error: {error}");
        page.Request += (_, request) => Note(!request.Url.StartsWith(origin, StringComparison.Ordinal), $"asked elsewhere: {request.Url}");
    }

    internal IPage Page { get; }

    internal ILocator Events => Page.Locator("#events > li");

    internal ILocator Items => Page.Locator("#items > li");

    internal static async Task<Visit> PayAsync(Chromium chromium, string url, BrowserNewContextOptions? options = null)
    {
        IBrowserContext context = await chromium.NewContextAsync(options ?? new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        var visit = new Visit(context, await context.NewPageAsync(), new Uri(url).GetLeftPart(UriPartial.Authority));
        await visit.Page.GotoAsync(url);
        return visit;
    }

    /// <summary>Waits for an answer to stand there.</summary>
    internal async Task<Visit> AnsweredAsync()
    {
        await Expect(Page.Locator("#items[aria-busy=false] > li").First).ToBeVisibleAsync();
        return this;
    }

    internal async Task<string[]> TitlesAsync() => [.. await Page.Locator("#items > li > .title").AllTextContentsAsync()];

    internal static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.Empty(_complaints);
    }

    private void Note(bool bad, string complaint)
    {
        if (bad) _complaints.Enqueue(complaint);
    }
}
