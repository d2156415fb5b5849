using System.CommandLine;
using Sequor.Modeling;
using Sequor.Retrieval;
using Sequor.Serving;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary><c>sequor recommend</c>: the next items for a user or a history.</summary>
internal static class RecommendCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("MODEL|RUN") { Description = "A run that `sequor train` wrote, or one of its models." };
        Option<string> data = CommonOptions.Data();
        data.Required = false;
        var user = new Option<string?>("--user") { Description = "Id of a user in the store, whose whole history is taken.", HelpName = "ID" };
        var history = new Option<string?>("--history") { Description = "Item ids, oldest first, in place of a user.", HelpName = "ID,ID,…" };
        var ratings = new Option<string?>("--ratings") { Description = "A rating for each item of --history, for models that read ratings.", HelpName = "R,R,…" };
        Option<int?> count = CommonOptions.Number<int>("-k", "How many items to recommend; 10 when absent.", 1, "K");
        var at = new Option<string?>("--at") { Description = "When the question is asked: seconds since 1970, or a date such as 2001-01-31; the time of the newest event when absent.", HelpName = "TIME" };
        Option<TopKMethod?> topK = CommonOptions.TopK();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("recommend", """
            Recommends items that a user has not seen.

            Examples:
              sequor recommend runs/hstu --data ml-1m.sequor --user 42 -k 10
              sequor recommend runs/hstu --history 260,1196,1210
            """) { model, data, user, history, ratings, count, at, topK, json };
        command.Validators.Add(line =>
        {
            bool byUser = line.GetValue(user) is not null, byHistory = line.GetValue(history) is not null, hasData = line.GetValue(data) is not null;
            if (byUser == byHistory) line.AddError("name whom to recommend to, with --user ID or with --history ID,ID,…");
            else if (byUser != hasData) line.AddError(byUser ? "--user needs the store of its history; add --data STORE" : "--data goes with --user; leave it out with --history");
            if (!byHistory && line.GetValue(ratings) is not null) line.AddError("--ratings goes with --history; a user's ratings are in the store");
            if (byHistory && line.GetValue(at) is not null) line.AddError("--at needs a history with times, which --user has; leave it out with --history");
        });
        command.SetAction(line =>
        {
            long? time = line.GetValue(at) is { } text ? Moment.Parse(text, "--at") : null;
            using Recommender recommender = Recommender.Load(
                RunDirectory.FindModel(line.GetRequiredValue(model)), new RecommenderOptions { Methods = line.GetValue(topK) is { } way ? [way] : [] });
            History known = line.GetValue(user) is { } id
                ? History.OfUser(line.GetRequiredValue(data), id, recommender.Items, terminal)
                : History.Parse(line.GetValue(history)!, line.GetValue(ratings), recommender.Items);
            if (time is not null && known.Timestamps.Length == 0) throw new InvalidInputException($"--at needs a history with times, which {line.GetValue(data)} lacks; leave it out");
            ModelConfig config = recommender.Config;
            if (config.ReadsRatings && known.Ratings.Length == 0)
            {
                throw new InvalidInputException(line.GetValue(data) is { } store
                    ? $"the model reads ratings, which {store} lacks; prepare it with a rating column"
                    : "the model reads ratings, which --history lacks; add --ratings, one an item");
            }

            IReadOnlyList<Recommendation> found = recommender.Recommend(known.Items, known.Timestamps, line.GetValue(count) ?? 10, time, known.Ratings, line.GetValue(user));
            if (known.Timestamps.Length == 0 && config.ReadsTimes)
                terminal.Notice("this history has no times: the time part of the model's attention is off");
            if (line.GetValue(ratings) is not null && !config.ReadsRatings) terminal.Notice("this model reads no ratings: --ratings is without effect");
            if (line.GetValue(json)) terminal.WriteJson(writer => RecommendationOutput.WriteJson(writer, known, found, recommender.Items));
            else RecommendationOutput.Draw(terminal, known, found, recommender.Items);
            return 0;
        });
        return command;
    }
}
