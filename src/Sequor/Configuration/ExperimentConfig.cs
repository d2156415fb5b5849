using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Retrieval;
using Sequor.Training;

namespace Sequor.Configuration;

/// <summary>One experiment, whole: what a .gin file binds to. Immutable; validated once when it is bound.</summary>
public sealed partial record ExperimentConfig
{
    /// <summary>Name of the data set that the settings were made for (<c>train_fn.dataset_name</c>); the log of a run sets it beside the name of the store.</summary>
    public string DatasetName { get; init; } = "ml-20m";

    /// <summary>Architecture.</summary>
    public ModelConfig Model { get; init; } = new();

    /// <summary>Objective and negatives.</summary>
    public LossConfig Loss { get; init; } = new();

    /// <summary>How the best items are found (<c>train_fn.top_k_method</c>); null stands for brute force over the model's similarity.</summary>
    public TopKMethod? TopK { get; init; }

    /// <summary>Optimisation loop.</summary>
    public TrainingConfig Training { get; init; } = new();
}
