using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>Builds the index of a model that a method names.</summary>
public static class TopKIndex
{
    /// <summary>The method of a model for which none is named: brute force by its similarity.</summary>
    public static TopKMethod Default(RecommenderModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new TopKMethod(model.Mixture is null ? TopKKind.MipsBruteForce : TopKKind.MixtureBruteForce);
    }

    /// <summary>An index that knows exact ranks: brute force by the model's similarity. The model must outlive it and keep its weights.</summary>
    public static IRankIndex Exact(RecommenderModel model, WorkerPool workers)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Mixture is null ? new MipsBruteForce(model, workers) : new MixtureBruteForce(model, workers);
    }

    /// <summary>The catalogue of a model with a mixture.</summary>
    internal static MixtureItems MixtureOf(RecommenderModel model, TopKKind kind)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Mixture is not null ? new MixtureItems(model)
            : throw new ArgumentException($"{new TopKMethod(kind)} searches by a mixture of logits; this model's similarity is {model.Config.Similarity}", nameof(model));
    }
}
