using Sequor.Modeling.Similarities;
using static Sequor.Configuration.GinSetting;
using static Sequor.Configuration.GinSettings;
using static Sequor.Configuration.NumberRule;

namespace Sequor.Configuration;

/// <summary>The gin names of the Mixture of Logits.</summary>
internal static class MixtureSettings
{
    private const string Scope = "create_mol_interaction_module.";
    private const int MostUserRows = 100_000_000;

    internal static readonly GinSetting[] All =
    [
        Count("dot_product_dimension", 1, (m, v) => m with { ComponentDim = v }, m => m.ComponentDim),
        Count("query_dot_product_groups", 1, (m, v) => m with { QueryGroupCount = v }, m => m.QueryGroupCount),
        Count("item_dot_product_groups", 1, (m, v) => m with { ItemGroupCount = v }, m => m.ItemGroupCount),
        Real("temperature", Positive, (m, v) => m with { Temperature = v }, m => m.Temperature),
        Flag("dot_product_l2_norm", (m, v) => m with { ComponentL2Norm = v }, m => m.ComponentL2Norm),
        Real("query_dropout_rate", DropoutRate, (m, v) => m with { QueryDropoutRate = v }, m => m.QueryDropoutRate),
        Count("query_hidden_dim", -1, (m, v) => m with { QueryHiddenDim = Math.Max(v, 0) }, m => m.QueryHiddenDim),
        OneOf("query_nonlinearity", GatedActivations, (m, v) => m with { QueryActivation = v }, m => m.QueryActivation),
        Real("item_dropout_rate", DropoutRate, (m, v) => m with { ItemDropoutRate = v }, m => m.ItemDropoutRate),
        Count("item_hidden_dim", -1, (m, v) => m with { ItemHiddenDim = Math.Max(v, 0) }, m => m.ItemHiddenDim),
        OneOf("item_nonlinearity", GatedActivations, (m, v) => m with { ItemActivation = v }, m => m.ItemActivation),
        Flag("gating_query_fn", (m, v) => m with { QueryGate = v }, m => m.QueryGate),
        Count("gating_query_hidden_dim", -1, (m, v) => m with { QueryGateHiddenDim = Math.Max(v, 0) }, m => m.QueryGateHiddenDim),
        Flag("gating_item_fn", (m, v) => m with { ItemGate = v }, m => m.ItemGate),
        Count("gating_item_hidden_dim", -1, (m, v) => m with { ItemGateHiddenDim = Math.Max(v, 0) }, m => m.ItemGateHiddenDim),
        Real("gating_item_dropout_rate", DropoutRate, (m, v) => m with { ItemGateDropoutRate = v }, m => m.ItemGateDropoutRate),
        Flag("gating_qi_fn", (m, v) => m with { PairGate = v }, m => m.PairGate),
        Count("gating_qi_hidden_dim", -1, (m, v) => m with { PairGateHiddenDim = Math.Max(v, 0) }, m => m.PairGateHiddenDim),
        Real("gating_qi_dropout_rate", DropoutRate, (m, v) => m with { PairGateDropoutRate = v }, m => m.PairGateDropoutRate),
        OneOf("gating_combination_type", [("glu_silu", GatingCombination.GluSilu), ("glu_silu_ln", GatingCombination.GluSiluLayerNorm), ("none", GatingCombination.Sum)], (m, v) => m with { Combination = v }, m => m.Combination),
        Real("softmax_dropout_rate", DropoutRate, (m, v) => m with { SoftmaxDropoutRate = v }, m => m.SoftmaxDropoutRate),
        Integers(Scope + "uid_embedding_hash_sizes", 1, MostUserRows, (c, v) => Set(c, m => m with { UserHashSizes = v }), c => c.Model.Mixture.UserHashSizes),
        Real("uid_dropout_rate", DropoutRate, (m, v) => m with { UserDropoutRate = v }, m => m.UserDropoutRate),
        Flag("uid_embedding_level_dropout", (m, v) => m with { UserLevelDropout = v }, m => m.UserLevelDropout),
        Real("eps", Positive, (m, v) => m with { Epsilon = v }, m => m.Epsilon),
        NoEffect(Scope + "bf16_training", IsBoolean, "must be True or False"),
    ];

    private static (string Text, GatedActivation Value)[] GatedActivations => [("swiglu", GatedActivation.SwiGlu), ("geglu", GatedActivation.GeGlu)];

    private static GinSetting Count(string name, int least, Func<MixtureOfLogitsConfig, int, MixtureOfLogitsConfig> set, Func<MixtureOfLogitsConfig, int> get) =>
        Integer(Scope + name, least, WidestLayer, (c, v) => Set(c, m => set(m, v)), c => get(c.Model.Mixture));

    private static GinSetting Real(string name, NumberRule rule, Func<MixtureOfLogitsConfig, double, MixtureOfLogitsConfig> set, Func<MixtureOfLogitsConfig, double> get) =>
        Number(Scope + name, rule, (c, v) => Set(c, m => set(m, v)), c => get(c.Model.Mixture));

    private static GinSetting Flag(string name, Func<MixtureOfLogitsConfig, bool, MixtureOfLogitsConfig> set, Func<MixtureOfLogitsConfig, bool> get) =>
        Boolean(Scope + name, (c, v) => Set(c, m => set(m, v)), c => get(c.Model.Mixture));

    private static GinSetting OneOf<T>(string name, (string Text, T Value)[] choices, Func<MixtureOfLogitsConfig, T, MixtureOfLogitsConfig> set, Func<MixtureOfLogitsConfig, T> get)
        where T : struct, Enum =>
        Choice(Scope + name, choices, (c, v) => Set(c, m => set(m, v)), c => get(c.Model.Mixture));

    private static ExperimentConfig Set(ExperimentConfig config, Func<MixtureOfLogitsConfig, MixtureOfLogitsConfig> change) =>
        config with { Model = config.Model with { Mixture = change(config.Model.Mixture) } };
}
