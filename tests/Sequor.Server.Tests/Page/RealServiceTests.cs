using System.Globalization;
using Sequor.Server.Tests.Http;
using Sequor.Server.Users;
using Xunit;
using static Sequor.Server.Tests.Page.Visit;

namespace Sequor.Server.Tests.Page;

/// <summary>The page before the service itself and a small model with drawn weights.</summary>
public class RealServiceTests(Chromium chromium)
{
    [Fact]
    public async Task The_page_and_the_service_understand_each_other()
    {
        await using Service service = await Service.StartAsync();
        KeptEvent[] events = [.. Enumerable.Range(1, 30).Select(i => new KeptEvent($"i{i}", CannedService.Newest - (3600 * (30 - i)), null, null))];
        await service.Users.AppendAsync("anna", events, TestContext.Current.CancellationToken);
        await using Visit visit = await PayAsync(chromium, SequorServer.Address(service.App).ToString());
        await visit.AnsweredAsync();
        await Expect(visit.Page.Locator("#model")).ToContainTextAsync("made up");
        float sum = (await visit.Page.Locator("#events .share").AllTextContentsAsync())
            .Sum(text => float.Parse(text.TrimEnd('%', '\u00a0'), CultureInfo.InvariantCulture));
        Assert.InRange(sum, 97, 103);

        await visit.Page.Locator("#user").FillAsync("anna");
        await visit.Page.Locator("#user").PressAsync("Enter");
        await Expect(visit.Page.Locator("#answer-note")).ToHaveTextAsync("from the newest 20 of 30 events");
        await visit.Page.Locator("#item").FillAsync("amelie");
        await visit.Page.Locator("#item").PressAsync("Enter");
        await Expect(visit.Page.Locator("#answer-note")).ToHaveTextAsync("from the newest 20 of 31 events");
        await Expect(visit.Events.First.Locator(".title")).ToHaveTextAsync("Amélie (2001)");

        await visit.Page.Locator("#now").FillAsync("9");
        await visit.Page.Locator("#narrow summary").ClickAsync();
        await visit.Page.Locator("#where-values").GetByText("A", new() { Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator("#items .about:not(:has-text(\"A\"))")).ToHaveCountAsync(0);
        await visit.Page.Locator("#most").SelectOptionAsync("2");
        await Expect(visit.Items).ToHaveCountAsync(2);
        await Expect(visit.Page.Locator("#trouble")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_service_with_keys_gives_the_page_to_everyone_and_answers_to_a_key()
    {
        const string Key = "open-sesame";
        string hash = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Key)));
        await using Service service = await Service.StartAsync(options => options with { ApiKeyHashes = [hash] });
        await using Visit visit = await PayAsync(chromium, SequorServer.Address(service.App).ToString());
        await visit.Page.Locator("#key-value").FillAsync(Key);
        await visit.Page.Locator("#key-value").PressAsync("Enter");
        await visit.AnsweredAsync();
        await Expect(visit.Page.Locator("#key")).ToBeHiddenAsync();
    }
}
