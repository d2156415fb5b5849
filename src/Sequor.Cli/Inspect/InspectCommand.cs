using System.CommandLine;
using Sequor.Data;

namespace Sequor.Cli.Inspect;

/// <summary><c>sequor inspect</c>: what a store holds, as numbers and pictures, or the events of one user.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        var path = new Argument<string>("STORE") { Description = "A store that `sequor prepare` wrote." };
        var user = new Option<string?>("--user") { Description = "Show this user's newest 50 events, newest last, instead.", HelpName = "ID" };
        var all = new Option<bool>("--all") { Description = "With --user: all events." };
        var plots = new Option<string?>("--plots") { Description = "Folder for pictures of lengths, popularity and activity (PNG).", HelpName = "FOLDER" };
        var verify = new Option<bool>("--verify") { Description = "Read the whole file and compare it with its checksums first." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("inspect", """
            Shows what is in a store.

            Examples:
              sequor inspect ml-1m.sequor
              sequor inspect ml-1m.sequor --plots plots
              sequor inspect ml-1m.sequor --user 42
            """) { path, user, all, plots, verify, json };
        command.Validators.Add(line =>
        {
            bool byUser = line.GetValue(user) is not null;
            if (line.GetValue(all) && !byUser) line.AddError("--all goes with --user ID");
            if (byUser && line.GetValue(plots) is not null) line.AddError("--plots shows all users; leave it out with --user");
        });
        command.SetAction(line =>
        {
            using var store = SequenceStore.Open(line.GetRequiredValue(path));
            if (line.GetValue(verify)) store.Verify(terminal.Cancellation);
            if (line.GetValue(user) is { } id)
            {
                UserHistory history = UserHistory.Of(store, id, line.GetValue(all));
                if (line.GetValue(json)) history.WriteJson(terminal);
                else history.Draw(terminal);
                return 0;
            }

            if (line.GetValue(plots) is { } folder) OutputFolder.Create(folder);
            StoreView view = ProgressBars.Show(terminal, line.GetValue(json), bars =>
                new StoreView(store, line.GetValue(verify), bars.Forward<int>((bar, done) => bar.Report("counting", done, store.UserCount)), terminal.Cancellation));
            if (line.GetValue(json)) StoreJson.Write(terminal, view);
            else StoreTables.Draw(terminal, view);
            if (line.GetValue(plots) is { } target) Plot(terminal, view, target, line.GetValue(json));
            return 0;
        });
        return command;
    }

    private static void Plot(Terminal terminal, StoreView view, string folder, bool json)
    {
        if (view.Statistics.EventCount == 0)
        {
            terminal.Notice("a store without events has no plots");
            return;
        }

        Save("lengths.png", LengthPlot.Draw(view));
        Save("popularity.png", PopularityPlot.Draw(view));
        if (ActivityPlot.Draw(view, terminal.Cancellation) is { } activity) Save("activity.png", activity);
        else terminal.Notice("no plot of the activity: the store has no times in seconds since 1970");

        void Save(string name, ScottPlot.Plot plot)
        {
            string file = Path.Combine(folder, name);
            Images.SavePng(plot, file, 800, 500);
            Images.Show(terminal, file, json);
        }
    }
}
