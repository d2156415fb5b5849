using System.CommandLine;
using Sequor.Artifacts;
using Sequor.Data;
using Sequor.Retrieval;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary><c>sequor evaluate</c>: a model on the last event of every user, beside the popularity baseline.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("RUN|MODEL") { Description = "A run that `sequor train` wrote, or one of its models." };
        Option<string> data = CommonOptions.Data();
        Option<string?> protocol = CommonOptions.Protocol("The model's own when absent.");
        Option<TopKMethod?> topK = CommonOptions.TopK();
        Option<int?> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("evaluate", """
            Ranks the whole catalogue for every user and reports HR, NDCG and MRR beside those of the most popular items.

            Examples:
              sequor evaluate runs/hstu --data ml-1m.sequor --json
              sequor evaluate runs/mol --data ml-1m.sequor --top-k-method MoLAvgTopK200
            """) { model, data, protocol, topK, threads, json };
        command.SetAction(line => Run(
            terminal,
            line.GetRequiredValue(model),
            line.GetRequiredValue(data),
            line.GetValue(protocol),
            line.GetValue(topK),
            line.GetValue(threads),
            line.GetValue(json)));
        return command;
    }

    private static int Run(Terminal terminal, string path, string data, string? protocolName, TopKMethod? topK, int? threads, bool json)
    {
        using var store = SequenceStore.Open(data);
        store.Verify(terminal.Cancellation);
        using ModelArtifact artifact = ModelArtifact.Load(RunDirectory.FindModel(path));
        SharedCatalogue.Require(artifact, store, terminal);
        EvaluationProtocol protocol = CommonOptions.ParseProtocol(protocolName ?? artifact.Manifest.Protocol);
        ModelEvaluation evaluation = ModelEvaluation.Run(terminal, artifact, store, protocol, topK, threads, json);
        if (json)
        {
            terminal.WriteJson(writer =>
            {
                ReportOutput.WriteJson(writer, evaluation.Model);
                writer.WriteStartObject("popularity");
                ReportOutput.WriteJson(writer, evaluation.Popularity);
                writer.WriteEndObject();
            });
        }
        else evaluation.Draw(terminal);

        return 0;
    }
}
