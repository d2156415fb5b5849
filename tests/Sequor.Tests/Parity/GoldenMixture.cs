using System.Text.Json;
using Sequor.Autograd;
using Sequor.Modeling.Similarities;

namespace Sequor.Tests.Parity;

/// <summary>Settings and weights of a mixture of logits from a case.</summary>
internal static class GoldenMixture
{
    internal const string Prefix = "_ndp_module.";

    internal static MixtureOfLogitsConfig Config(GoldenCase golden, JsonElement hyper) => new()
    {
        ComponentDim = Int(hyper, "dot_product_dimension"),
        QueryGroupCount = Int(hyper, "query_dot_product_groups"),
        ItemGroupCount = Int(hyper, "item_dot_product_groups"),
        Temperature = hyper.GetProperty("temperature").GetDouble(),
        ComponentL2Norm = !hyper.TryGetProperty("dot_product_l2_norm", out JsonElement l2) || l2.GetBoolean(),
        // The reference takes a name for the gated unit and builds SwiGLU whatever it says.
        QueryActivation = GatedActivation.SwiGlu,
        ItemActivation = GatedActivation.SwiGlu,
        QueryHiddenDim = Int(hyper, "query_hidden_dim"),
        ItemHiddenDim = Int(hyper, "item_hidden_dim"),
        QueryGate = golden.ArrayNames.Any(name => name.Contains("_query_only_partial_module", StringComparison.Ordinal)),
        QueryGateHiddenDim = Int(hyper, "gating_query_hidden_dim"),
        ItemGate = golden.ArrayNames.Any(name => name.Contains("_item_only_partial_module", StringComparison.Ordinal)),
        ItemGateHiddenDim = Int(hyper, "gating_item_hidden_dim"),
        PairGate = golden.ArrayNames.Any(name => name.Contains("_qi_partial_module", StringComparison.Ordinal)),
        PairGateHiddenDim = Int(hyper, "gating_qi_hidden_dim"),
        SoftmaxDropoutRate = hyper.GetProperty("softmax_dropout_rate").GetDouble(),
        UserDropoutRate = 0,
        UserHashSizes = hyper.TryGetProperty("uid_embedding_hash_sizes", out JsonElement sizes) && sizes.ValueKind == JsonValueKind.Array
            ? [.. sizes.EnumerateArray().Select(size => size.GetInt32())] : [],
        Combination = !hyper.TryGetProperty("gating_combination_type", out JsonElement type) ? GatingCombination.GluSilu
            : type.GetString() == "none" ? GatingCombination.Sum : GatingCombination.GluSiluLayerNorm,
    };

    internal static void CopyWeights(GoldenCase golden, string prefix, MixtureOfLogits mixture)
    {
        foreach (Parameter parameter in mixture.Parameters) GoldenModel.Copy(golden.Floats(prefix + Name(parameter)), parameter.Value);
    }

    internal static void CheckGradients(GoldenCase golden, string prefix, MixtureOfLogits mixture)
    {
        foreach (Parameter parameter in mixture.Parameters)
            Agreement.Check(prefix + Name(parameter), golden.Floats(prefix + Name(parameter)), GoldenModel.Gradient(parameter));
    }

    private static string Name(Parameter parameter) => parameter.Name[Prefix.Length..];

    private static int Int(JsonElement hyper, string name) => hyper.GetProperty(name).GetInt32();
}
