using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Sequor.Cli.Tests.Reports;

public sealed partial class ReportTests(ComparedRuns runs) : IClassFixture<ComparedRuns>
{
    [Fact]
    public void The_page_is_well_formed_and_has_every_section()
    {
        XElement page = Page(runs.First, runs.Second);
        Assert.Equal(["metrics", "differences", "curves", "users", "lists", "examples", "settings", "origin", "method"], Ids(page));
        // Every link of the page leads to a place in it.
        Assert.Equal(Ids(page), page.Descendants("a").Select(link => link.Attribute("href")!.Value.TrimStart('#')));
        Assert.Equal(2, page.Descendants("div").Count(element => Class(element).Split(' ')[0] == "card"));
        Assert.True(page.Descendants("polyline").Count() >= 8, "two runs in four charts");
    }

    [Fact]
    public void It_needs_nothing_but_itself()
    {
        string html = Encoding.UTF8.GetString(Write(runs.First, runs.Second));
        XElement page = Parse(html);
        Assert.Empty(page.Descendants("script"));
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || attribute.Name == "src");
        Assert.All(page.Descendants().Attributes("href"), attribute => Assert.True(attribute.Value[0] == '#' || attribute.Value == "data:,", attribute.Value));
        Assert.DoesNotMatch(Outside(), html);
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme:dark", html, StringComparison.Ordinal);
        Assert.Contains("@media print", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Titles_ids_and_names_are_text_whatever_they_hold()
    {
        XElement page = Page(runs.First, runs.Second, "--note", "a < b & c");
        Assert.Equal("a < b & c", page.Descendants("p").Single(paragraph => Class(paragraph) == "remark").Value);
        // What XML cannot hold is replaced, the rest comes back as it was.
        string shown = ComparedRuns.Evil.Replace('\u0001', '\uFFFD');
        Assert.Contains(page.Descendants("li"), item => item.Value.StartsWith(shown, StringComparison.Ordinal));
        Assert.Contains(page.Descendants("h3"), heading => heading.Value.StartsWith("User <u", StringComparison.Ordinal));
        Assert.Equal("evil <b>: 2 runs compared", page.Descendants("h1").Single().Value);
    }

    [Fact]
    public void Examples_mark_the_item_that_was_chosen_and_say_where_it_stood()
    {
        XElement[] users = [.. Page(runs.First, runs.Second).Descendants("article")];
        Assert.NotEmpty(users);
        foreach (XElement user in users)
        {
            string target = user.Elements("p").First().Element("mark")!.Value;
            XElement[] lists = [.. user.Elements("div").Single().Elements("div")];
            Assert.Equal(2, lists.Length);
            int served = 0;
            foreach (XElement list in lists)
            {
                string[] titles = [.. list.Descendants("li").Select(item => item.Value)];
                int place = Array.IndexOf(titles, target);
                Assert.Equal(place >= 0 ? [target] : [], list.Descendants("mark").Select(mark => mark.Value));
                Assert.Equal(10, titles.Length);
                if (place < 0) continue;
                served++;
                Assert.Equal($"chosen item: place {place + 1}", list.Elements("p").Single().Value);
            }

            Assert.Equal(served switch { 2 => "served by every run", 1 => "served by some", _ => "served by none" }, user.Descendants("span").First(span => Class(span) == "why").Value);
        }

        Assert.Empty(Page(runs.First, "--examples", "0").Descendants("article"));
    }

    [Fact]
    public void Settings_show_where_runs_differ()
    {
        XElement settings = Page(runs.First, runs.Second).Descendants("section").Single(section => Id(section) == "settings");
        XElement[] rows = [.. settings.Descendants("table").First().Descendants("tbody").Single().Elements("tr")];
        Assert.Equal(["train_fn.num_epochs", "train_fn.random_seed"], rows.Select(row => row.Element("th")!.Value).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.Single(row.Descendants("mark")));
    }

    [Fact]
    public void One_run_has_a_page_too_without_what_needs_two()
    {
        XElement page = Page(runs.First);
        Assert.DoesNotContain("differences", Ids(page));
        Assert.Equal("first on evil <b>", page.Descendants("title").First().Value);
        Assert.Contains("the most popular items come to", page.Descendants("header").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_is_named_and_folders_and_devices_are_refused()
    {
        string path = runs.File("named.html");
        Tool run = Tool.Run("report", runs.First, "--out", path, "--resamples", "19");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains($"the page is {path}", run.Output, StringComparison.Ordinal);
        Assert.Equal(path, Tool.Json("report", runs.First, "--out", path, "--resamples", "19").GetProperty("report").GetString());
        Assert.Contains("is a folder; give the name of a file", Tool.Refused("report", runs.First, "--out", runs.First), StringComparison.Ordinal);
        if (OperatingSystem.IsLinux()) Assert.Contains("is a device", Tool.Refused("report", runs.First, "--out", "/dev/null"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_that_was_moved_is_asked_for()
    {
        string store = runs.File("soon-gone.sequor");
        File.Copy(runs.Store, store);
        string run = runs.TrainOn(store, "orphan", "validation");
        File.Delete(store);
        Assert.Contains($"learned from {store}, which is not there any more; say with --data where the store lies now", Tool.Refused("report", run, "--out", runs.File("o.html")), StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("report", run, "--data", runs.Store, "--out", runs.File("o.html"), "--resamples", "19").ExitCode);
    }

    private static string Id(XElement element) => element.Attribute("id")?.Value ?? "";

    private static string Class(XElement element) => element.Attribute("class")?.Value ?? "";

    private static List<string> Ids(XElement page) => [.. page.Descendants("section").Select(Id)];

    private XElement Page(params string[] arguments) => Parse(Encoding.UTF8.GetString(Write(arguments)));

    private byte[] Write(params string[] arguments)
    {
        string path = runs.File($"{Guid.NewGuid():N}.html");
        Tool run = Tool.Run(["report", .. arguments, "--out", path, "--resamples", "99"]);
        Assert.True(run.ExitCode == 0, run.Error);
        return File.ReadAllBytes(path);
    }

    private static XElement Parse(string html) => XDocument.Parse(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;

    [GeneratedRegex(@"https?:|url\(|@import|//[a-z]", RegexOptions.IgnoreCase)]
    private static partial Regex Outside();
}
