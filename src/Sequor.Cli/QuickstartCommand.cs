using System.CommandLine;
using Sequor.Artifacts;
using Sequor.Data;
using Sequor.Preparation;
using Sequor.Serving;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary><c>sequor quickstart</c>: from nothing to recommendations in one command.</summary>
internal static class QuickstartCommand
{
    public static Command Create(Terminal terminal)
    {
        var output = new Option<string>("--out") { Description = "Folder for the store and the run.", HelpName = "DIR", DefaultValueFactory = _ => "sequor-quickstart" };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("quickstart", """
            Makes a small data set up, trains a model on it, compares it with popularity and recommends: about a minute.

            Example:
              sequor quickstart --out sequor-quickstart
            """) { output, json };
        command.SetAction(line => Run(terminal, line.GetRequiredValue(output), line.GetValue(json)));
        return command;
    }

    private static int Run(Terminal terminal, string folder, bool json)
    {
        string storePath = Path.Combine(folder, "synthetic.sequor"), run = Path.Combine(folder, "run");
        OutputFolder.RequireNew(run);
        OutputFolder.Create(folder);
        (var experiment, string source) = QuickstartConfig.Load();
        Step($"1. Prepare a made-up data set: {storePath}");
        PrepareCommand.Prepare(terminal, new PreparationRequest { Source = new SyntheticSource(), Output = storePath }, json);

        using var store = SequenceStore.Open(storePath);
        Step($"2. Train {source} on {Tables.Count(store.UserCount)} users and {Tables.Count(store.InteractionCount)} interactions: {run}");
        TrainingResult training = new TrainingJob(experiment.Config, store, EvaluationProtocol.Reference, run, null, json).Fit(terminal);

        ModelArtifact artifact = ModelArtifact.Load(RunDirectory.FindModel(run));
        using var recommender = new Recommender(artifact);
        Step("3. Evaluate on the last event of every user, beside the most popular items");
        ModelEvaluation evaluation = ModelEvaluation.Run(terminal, artifact, store, EvaluationProtocol.Reference, null, null, json);

        string user = store.UserId(0);
        History history = History.OfUser(storePath, user, artifact.Items, terminal);
        IReadOnlyList<Recommendation> found = recommender.Recommend(history.Items, history.Timestamps);
        string next = $"{Invocation.Name} recommend {run} --data {storePath} --user {store.UserId(store.UserCount - 1)}";
        if (json)
        {
            terminal.WriteJson(writer => QuickstartOutput.WriteJson(writer, run, storePath, training, evaluation, history, found, artifact.Items, next));
            return 0;
        }

        evaluation.Draw(terminal);
        Step($"4. Recommend to user {user}");
        RecommendationOutput.Draw(terminal, history, found, artifact.Items);
        terminal.Say($"next: {next}");
        terminal.Say($"your own ratings: {Invocation.Name} prepare ratings.csv --user COLUMN --item COLUMN --time COLUMN --out my.sequor");
        return 0;

        void Step(string line)
        {
            if (json) terminal.Error.WriteLine(line);
            else terminal.Say(line);
        }
    }
}
