using System.Text.Json;
using Sequor.Data;
using Sequor.Serving;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary>What <c>quickstart</c> made, as JSON.</summary>
internal static class QuickstartOutput
{
    public static void WriteJson(
        Utf8JsonWriter json,
        string run,
        string store,
        TrainingResult training,
        ModelEvaluation evaluation,
        History history,
        IReadOnlyList<Recommendation> found,
        ItemVocabulary items,
        string next)
    {
        json.WriteString("run", run);
        json.WriteString("store", store);
        json.WriteNumber("trainingSeconds", training.Elapsed.TotalSeconds);
        json.WriteStartObject("evaluation");
        ReportOutput.WriteJson(json, evaluation.Model);
        json.WriteStartObject("popularity");
        ReportOutput.WriteJson(json, evaluation.Popularity);
        json.WriteEndObject();
        json.WriteEndObject();
        RecommendationOutput.WriteJson(json, history, found, items);
        json.WriteString("next", next);
    }
}
