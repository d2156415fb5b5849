using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using Sequor.Server.Contracts;
using Xunit;
using static Sequor.Server.Tests.Page.Visit;

namespace Sequor.Server.Tests.Page;

public class PageTests(Chromium chromium)
{
    [Fact]
    public async Task A_first_visit_finds_an_example_and_its_recommendations()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        await Expect(visit.Events).ToHaveCountAsync(5);
        await Expect(visit.Items).ToHaveCountAsync(10);
        await Expect(visit.Page.Locator("#examples button").First).ToHaveTextAsync("Most popular");
        await Expect(visit.Page.Locator("#model")).ToContainTextAsync("films");
        await Expect(visit.Page.Locator("#latency-text")).ToContainTextAsync("Median of 1 answer");
        await Expect(visit.Page.Locator("#live")).ToContainTextAsync("10 recommendations; first: Film number");
    }

    [Fact]
    public async Task Items_are_added_by_keyboard_alone()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        ILocator field = visit.Page.GetByRole(AriaRole.Combobox, new() { Name = "Add an item" });
        await visit.Page.Locator("#clear").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Events).ToHaveCountAsync(0);
        await Expect(field).ToBeFocusedAsync();

        await visit.Page.Keyboard.TypeAsync("number 1");
        await Expect(visit.Page.Locator("#item-list > [role=option]")).ToHaveCountAsync(11);
        await visit.Page.Keyboard.PressAsync("ArrowDown");
        await visit.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(field).ToHaveAttributeAsync("aria-activedescendant", "item-list-1");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Events).ToHaveCountAsync(1);
        await Expect(visit.Events.First).ToContainTextAsync("Film number 10");
        await Expect(field).ToHaveAttributeAsync("aria-expanded", "false");

        await visit.Page.Keyboard.TypeAsync("number 22");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Events).ToHaveCountAsync(2);
        await Expect(visit.Events.First).ToContainTextAsync("Film number 22");

        await visit.Page.Keyboard.TypeAsync("number");
        await Expect(visit.Page.Locator("#item-list > li").First).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(field).ToHaveAttributeAsync("aria-expanded", "false");
        await Expect(field).ToHaveValueAsync("number");
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(field).ToHaveValueAsync("");
        await visit.AnsweredAsync();
    }

    [Fact]
    public async Task Recommendations_follow_every_change_of_the_history()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        string[] first = await (await visit.AnsweredAsync()).TitlesAsync();

        await visit.Items.First.GetByText("Add").ClickAsync();
        await Expect(visit.Events).ToHaveCountAsync(6);
        await Expect(visit.Items.First.Locator(".title")).Not.ToHaveTextAsync(first[0]);
        Assert.DoesNotContain(first[0], await visit.TitlesAsync());
        HistoryEvent[] asked = [.. service.Questions.Last().History!];
        Assert.Equal(3600, asked[^1].Timestamp - asked[^2].Timestamp);

        await visit.Page.Locator("#undo").ClickAsync();
        await Expect(visit.Items.First.Locator(".title")).ToHaveTextAsync(first[0]);
        Assert.Equal(first, await visit.TitlesAsync());

        ILocator newest = visit.Events.First.Locator(".title");
        string was = await newest.InnerTextAsync();
        await visit.Events.First.Locator(".down").ClickAsync();
        await Expect(visit.Events.Nth(1).Locator(".title")).ToHaveTextAsync(was);
        await Expect(visit.Items.First.Locator(".title")).Not.ToHaveTextAsync(first[0]);
        long?[] times = [.. service.Questions.Last().History!.Select(each => each.Timestamp)];
        Assert.Equal(times.Order(), times);

        await visit.Events.Nth(1).Locator(".remove").ClickAsync();
        await Expect(visit.Events).ToHaveCountAsync(4);
        await Expect(visit.Events.Filter(new() { HasText = was })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_old_list_stays_until_the_newest_question_is_answered()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        string[] first = await (await visit.AnsweredAsync()).TitlesAsync();
        var gate = new TaskCompletionSource();
        service.Gate = gate.Task;
        await visit.Items.First.GetByText("Add").ClickAsync();
        await Expect(visit.Page.Locator("#items[aria-busy=true] > li")).ToHaveCountAsync(10);
        Assert.Equal(first, await visit.TitlesAsync());

        // A second change while the first answer is awaited: the first must not be shown any more.
        await visit.Page.Locator("#k").SelectOptionAsync("5");
        await service.AskedAsync(question => question.K == 5);
        service.Gate = Task.CompletedTask;
        gate.SetResult();
        await visit.AnsweredAsync();
        await Expect(visit.Items).ToHaveCountAsync(5);
        await Expect(visit.Page.Locator("#latency-text")).ToContainTextAsync("Median of 2 answers");
    }

    [Fact]
    public async Task Beside_each_event_stands_its_share_of_the_attention_and_on_demand_its_parts()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        ILocator shares = visit.Page.Locator("#events .share");
        await Expect(shares).ToHaveTextAsync(["33 %", "27 %", "20 %", "13 %", "6.7 %"]);
        Assert.Equal(5, await visit.Page.Locator("#why-chart .mark").CountAsync());
        await Expect(visit.Page.Locator("#why-text")).ToContainTextAsync("33 %, the newest event");

        await shares.Nth(1).ClickAsync();
        await Expect(shares.Nth(1)).ToHaveAttributeAsync("aria-expanded", "true");
        ILocator parts = visit.Events.Nth(1).Locator(".parts");
        await Expect(parts).ToContainTextAsync("1.3 times an equal share of 5 events");
        await Expect(parts).ToContainTextAsync("+0.270");
        await Expect(parts).ToContainTextAsync("1 event before the newest; the same for all events here");
        await Expect(parts).ToContainTextAsync("1 hour ago");

        await visit.Page.Locator("#history-sort").GetByText("Most attention first").ClickAsync();
        await Expect(visit.Events.First.Locator(".share")).ToHaveTextAsync("33 %");
        await visit.Page.Locator("#why-part").GetByText("Content").ClickAsync();
        await Expect(visit.Page.Locator("#why-text")).ToContainTextAsync("How well each item fits");
        await visit.Page.Locator("#why-axis").GetByText("By age").ClickAsync();
        await Expect(visit.Page.Locator("#why-chart svg")).ToContainTextAsync("now");
    }

    [Fact]
    public async Task A_user_brings_a_history_and_its_times()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        await visit.Page.Locator("#user").FillAsync("12");
        await Expect(visit.Page.Locator("#user-list > [role=option]")).ToHaveCountAsync(2);
        await visit.Page.Locator("#user").PressAsync("Enter");
        await Expect(visit.Page.Locator("#history-count")).ToHaveTextAsync("20 events of user 12");
        await Expect(visit.Events).ToHaveCountAsync(8);
        await Expect(visit.Events.First.Locator(".when")).ToContainTextAsync("31 Dec 2000");
        await visit.Page.Locator("#more").ClickAsync();
        await Expect(visit.Events).ToHaveCountAsync(20);
        await Expect(visit.Page.Locator("#answer-note")).ToHaveTextAsync("from 20 events");
        Assert.Equal("12", service.Questions.Last().UserId);

        await visit.Items.First.GetByText("Add").ClickAsync();
        await Expect(visit.Page.Locator("#answer-note")).ToHaveTextAsync("from 21 events");
        Assert.Null(service.Questions.Last().UserId);
        Assert.Equal(CannedService.Newest + 3600, service.Questions.Last().History![^1].Timestamp);
    }

    [Fact]
    public async Task The_time_of_the_question_the_number_of_results_and_the_method_are_asked_for()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, $"{service.Url}/#u=12");
        string[] first = await (await visit.AnsweredAsync()).TitlesAsync();
        Assert.Equal(CannedService.Newest, service.Questions.Last().At);

        ILocator now = visit.Page.Locator("#now");
        await now.FocusAsync();
        for (int i = 0; i < 5; i++) await now.PressAsync("ArrowRight");
        await Expect(visit.Page.Locator("#now-text")).ToHaveTextAsync("1 day after the last event");
        // On a slow machine the steps on the way there are asked for too.
        await service.AskedAsync(question => question.At == CannedService.Newest + 86400);
        await Expect(visit.Items.First.Locator(".title")).Not.ToHaveTextAsync(first[0]);
        await Expect(visit.Events.First.Locator(".when")).ToContainTextAsync("1 day ago");

        await visit.Page.Locator("#now-date").FillAsync("2002-01-01");
        await Expect(visit.Page.Locator("#now-text")).ToHaveTextAsync("1 year after the last event");
        await visit.Page.Locator("#k").SelectOptionAsync("5");
        await Expect(visit.Items).ToHaveCountAsync(5);
        await service.AskedAsync(question => question.At == DateTimeOffset.Parse("2002-01-01T12:00:00Z").ToUnixTimeSeconds());

        await visit.Page.Locator("#narrow summary").ClickAsync();
        await visit.Page.Locator("#method").SelectOptionAsync("Quick");
        await Expect(visit.Page.Locator("#narrow-text")).ToHaveTextAsync("Quick");
        await service.AskedAsync(question => question.TopKMethod == "Quick");
    }

    [Fact]
    public async Task Attributes_filter_and_cap_and_seen_items_come_back_on_demand()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        await visit.Page.Locator("#narrow summary").ClickAsync();
        await visit.Page.Locator("#where-values").GetByText("Western").ClickAsync();
        await Expect(visit.Page.Locator("#items .about:not(:has-text(\"Western\"))")).ToHaveCountAsync(0);
        await Expect(visit.Page.Locator("#narrow-text")).ToHaveTextAsync("genres: Western");
        await visit.Page.Locator("#where-values").GetByText("Drama").ClickAsync();
        await visit.Page.Locator("#where").SelectOptionAsync("decade");
        await visit.Page.Locator("#where-values").GetByText("1970s").ClickAsync();
        await Expect(visit.Page.Locator("#items .title:not(:has-text(\"(197\"))")).ToHaveCountAsync(0);
        await visit.Page.Locator("#most").SelectOptionAsync("2");
        await visit.Page.GetByLabel("Also items of the history").CheckAsync();
        RecommendRequest asked = await service.AskedAsync(question => question.IncludeSeen);
        Assert.Equal([("genres", "Western,Drama"), ("decade", "1970s")], asked.Where!.Select(each => (each.Attribute, string.Join(',', each.AnyOf!))));
        Assert.Equal(("genres", 2), (asked.Diversity!.Attribute, asked.Diversity.Most));
        Assert.True(asked.IncludeSeen);
    }

    [Fact]
    public async Task Similar_items_open_in_place_and_can_be_added()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        ILocator button = visit.Items.Nth(2).Locator("button.similar");
        await button.ClickAsync();
        await Expect(visit.Items.Nth(2).Locator(".alike li")).ToHaveCountAsync(5);
        await Expect(button).ToHaveAttributeAsync("aria-expanded", "true");
        await button.ClickAsync();
        await Expect(visit.Page.Locator(".alike")).ToHaveCountAsync(0);
        await button.ClickAsync();
        await visit.Page.Locator(".alike button").First.ClickAsync();
        await Expect(visit.Events).ToHaveCountAsync(6);
    }

    [Fact]
    public async Task A_refusal_is_a_sentence_and_the_page_goes_on()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        service.Refusal = StatusCodes.Status422UnprocessableEntity;
        await visit.Page.Locator("#k").SelectOptionAsync("20");
        await Expect(visit.Page.GetByRole(AriaRole.Alert).Locator("p")).ToHaveTextAsync("K = 20: must lie in 1 … 7.");
        await Expect(visit.Items).ToHaveCountAsync(10);
        service.Refusal = 0;
        await visit.Page.Locator("#k").SelectOptionAsync("5");
        await Expect(visit.Items).ToHaveCountAsync(5);
        await Expect(visit.Page.Locator("#trouble")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_service_that_is_away_is_asked_again()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        service.Refusal = StatusCodes.Status503ServiceUnavailable;
        await visit.Page.Locator("#k").SelectOptionAsync("20");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Trying again in 5 s.");
        service.Refusal = 0;
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(visit.Items).ToHaveCountAsync(20);
        await Expect(visit.Page.Locator("#trouble")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_network_that_is_gone_is_said_and_when_it_is_back_the_page_goes_on()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, service.Url);
        await visit.AnsweredAsync();
        await visit.Page.Context.SetOfflineAsync(true);
        await visit.Page.Locator("#k").SelectOptionAsync("20");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The service does not answer.");
        await Expect(visit.Items).ToHaveCountAsync(10);
        await visit.Page.Context.SetOfflineAsync(false);
        await Expect(visit.Items).ToHaveCountAsync(20);
        await Expect(visit.Page.Locator("#trouble")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_key_is_asked_for_and_kept_in_the_tab()
    {
        await using CannedService service = await CannedService.StartAsync();
        service.Key = "open-sesame";
        await using Visit visit = await PayAsync(chromium, service.Url);
        ILocator field = visit.Page.GetByLabel("The service asks for an API key.");
        await Expect(field).ToBeFocusedAsync();
        await visit.Page.Keyboard.TypeAsync("wrong");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.Locator("#key label")).ToHaveTextAsync("The service does not accept this API key.");
        await visit.Page.Keyboard.TypeAsync("open-sesame");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.AnsweredAsync();
        await Expect(visit.Page.Locator("#key")).ToBeHiddenAsync();
        await visit.Page.ReloadAsync();
        await visit.AnsweredAsync();
    }

    [Fact]
    public async Task A_link_shows_the_same_to_someone_else()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit one = await PayAsync(chromium, $"{service.Url}/#h=3@{CannedService.Newest},7@+60,3@+0&k=5&after=86400&where=genres:Comedy|Drama&most=genres:3&seen=1&method=Quick");
        string[] first = await (await one.AnsweredAsync()).TitlesAsync();
        Assert.Equal(5, first.Length);
        RecommendRequest asked = service.Questions.Last();
        Assert.Equal([("3", 0L), ("7", 60), ("3", 60)], asked.History!.Select(each => (each.ItemId, each.Timestamp!.Value - CannedService.Newest)));
        Assert.Equal((CannedService.Newest + 60 + 86400, true, "Quick", 3), (asked.At, asked.IncludeSeen, asked.TopKMethod, asked.Diversity!.Most));
        await Expect(one.Events.First).ToContainTextAsync("Film number 3");
        await one.Items.Nth(1).GetByText("Add").ClickAsync();
        await Expect(one.Events).ToHaveCountAsync(4);
        await Expect(one.Page.Locator("#answer-note")).ToHaveTextAsync("from 4 events");

        await using Visit other = await PayAsync(chromium, one.Page.Url);
        await other.AnsweredAsync();
        await Expect(other.Events).ToHaveCountAsync(4);
        Assert.Equal(await one.TitlesAsync(), await other.TitlesAsync());
        await Expect(other.Page.Locator("#narrow-text")).ToHaveTextAsync(await one.Page.Locator("#narrow-text").InnerTextAsync());
    }

    [Fact]
    public async Task A_damaged_link_is_read_as_far_as_it_goes()
    {
        await using CannedService service = await CannedService.StartAsync();
        await using Visit visit = await PayAsync(chromium, $"{service.Url}/#h=3@x,&k=minus&where=genres&most=:&after=-5&%E0%A4%A=%&on=1e99");
        await visit.AnsweredAsync();
        await Expect(visit.Items).ToHaveCountAsync(10);
    }
}
