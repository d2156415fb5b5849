using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Sequor.Server.Tests.Page.Visit;

namespace Sequor.Server.Tests.Page;

public class PageAccessTests(Chromium chromium)
{
    private const string Narrowed = "/#u=12&where=genres:Western|Comedy&most=genres:3";

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_finds_nothing(ColorScheme scheme)
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, $"{service.Url}{Narrowed}&k=3", new BrowserNewContextOptions { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await OpenEverythingAsync(visit);
        await visit.Page.Locator("#item").FillAsync("film");
        await visit.Page.Locator("#item").PressAsync("ArrowDown");
        await Expect(visit.Page.Locator("#item")).ToHaveAttributeAsync("aria-activedescendant", "item-list-0");
        // The schemes differ in their colours alone.
        var found = await visit.Page.RunAxe(scheme == ColorScheme.Light ? new AxeRunOptions() : new AxeRunOptions { RunOnly = RunOnlyOptions.Rules("color-contrast") });
        Assert.Empty(found.Violations.Select(violation => $"{violation.Id}: {violation.Help} {string.Join(" | ", violation.Nodes.Select(node => node.Html))}"));
    }

    [Fact]
    public async Task A_small_phone_shows_everything_without_scrolling_sideways_and_fingers_find_every_control()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url + Narrowed, new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = 360, Height = 740 }, HasTouch = true, IsMobile = true,
        });
        await OpenEverythingAsync(visit);
        Assert.True(await visit.Page.EvaluateAsync<bool>("matchMedia('(pointer: coarse)').matches"));
        string[] wide = await visit.Page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('body *:not(.skip)')].filter(e => e.getBoundingClientRect().right > 360.5 && !e.closest('[hidden]')).map(e => e.outerHTML.slice(0, 90))");
        Assert.Empty(wide);
        Assert.Equal(360, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        string[] small = await visit.Page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll('button, select, summary, nav a, .check, input:not([type=checkbox])')]
              .filter(e => e.checkVisibility() && (e.getBoundingClientRect().height < 43.5 || e.getBoundingClientRect().width < 43.5))
              .map(e => e.outerHTML.slice(0, 90))
            """);
        Assert.Empty(small);
    }

    [Fact]
    public async Task Focus_stays_where_it_was_when_rows_move()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        string name = (await visit.Events.Nth(2).Locator(".up").GetAttributeAsync("aria-label"))!;
        await visit.Events.Nth(2).Locator(".up").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Events.Nth(1).Locator(".up")).ToHaveAttributeAsync("aria-label", name);
        await Expect(visit.Events.Nth(1).Locator(".up")).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Events.First.Locator(".up")).ToHaveAttributeAsync("aria-label", name);
        await Expect(visit.Events.First.Locator(".down")).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Tab");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Events).ToHaveCountAsync(4);
        Assert.Equal("icon remove", await visit.Page.EvaluateAsync<string>("document.activeElement.className"));
    }

    private static async Task OpenEverythingAsync(Visit visit)
    {
        await visit.AnsweredAsync();
        await visit.Page.Locator("#narrow summary").ClickAsync();
        await visit.Page.Locator(".share").First.ClickAsync();
        await Expect(visit.Page.Locator(".parts dl").First).ToBeVisibleAsync();
        await visit.Page.Locator("button.similar").First.ClickAsync();
        await Expect(visit.Page.Locator(".alike li").First).ToBeVisibleAsync();
    }
}
