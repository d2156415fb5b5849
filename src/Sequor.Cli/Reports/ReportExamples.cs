namespace Sequor.Cli.Reports;

/// <summary>Users with what they chose and what they would have been recommended.</summary>
internal static class ReportExamples
{
    public static Markup Section(Comparison comparison) => comparison.Examples.Count == 0 ? Markup.Empty : Markup.Of($"""
        <section id="examples"><h2>Examples</h2>
        <p class="note">Users drawn by seed, in turn one of each kind. The item that the user chose next is marked.</p>
        {Markup.Join(comparison.Examples.Select(user => User(comparison, user)))}</section>
        """);

    private static Markup User(Comparison comparison, ExampleUser user) => Markup.Of($"""
        <article class="example"><h3>User {user.Id} <span class="why">{user.Why}</span></h3>
        <p>Chose next: <mark>{user.Target.Title}</mark></p>
        <p class="small">Before that, newest last, of {Tables.Count(user.HistoryLength)} events: {string.Join(" · ", user.History.Select(item => item.Title))}</p>
        <div class="lists">{Markup.Join(user.Lists.Select((list, run) => List(run, comparison.Runs[run].Name, list, comparison.Data.ItemCount)))}</div></article>

        """);

    private static Markup List(int run, string name, ExampleList list, int itemCount) => Markup.Of($"""
        <div><h4>{RunColor.Chip(run, name)}</h4><ol>{Markup.Join(list.Items.Select(item => item.IsTarget ? Markup.Of($"<li><mark>{item.Title}</mark></li>") : Markup.Of($"<li>{item.Title}</li>")))}</ol><p class="small">{(list.TargetRank > itemCount ? "chosen item: seen before, so never listed" : $"chosen item: place {Tables.Count(list.TargetRank)}")}</p></div>
        """);
}
