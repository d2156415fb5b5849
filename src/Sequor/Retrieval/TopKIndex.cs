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

    /// <summary>Builds an index.</summary>
    /// <param name="model">The model; it must outlive the index and keep its weights.</param>
    /// <param name="method">How to search.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="precision">
    /// What scans of vectors read. Answers do not depend on it, but for <see cref="TopKKind.HIndexer"/>, whose first stage takes the narrow scores as they are.
    /// </param>
    /// <exception cref="InvalidInputException">The method does not fit the model's similarity, or has no such precision.</exception>
    public static ITopKIndex Create(RecommenderModel model, TopKMethod method, WorkerPool workers, IndexPrecision precision = IndexPrecision.Float32)
    {
        Check(model, method, precision);
        return method.Kind switch
        {
            TopKKind.MipsBruteForce => new MipsBruteForce(model, workers, precision),
            TopKKind.MixtureBruteForce => new MixtureBruteForce(model, workers),
            TopKKind.MixtureExact => new MixtureExact(model, workers, precision),
            TopKKind.HIndexer when model.Mixture is null => CandidateIndex.OverDotProducts(method, model, precision, workers),
            _ => CandidateIndex.OverMixture(method, new MixtureItems(model), precision, workers),
        };
    }

    /// <summary>Checks that a method can search a model's items.</summary>
    /// <exception cref="InvalidInputException">It does not fit the model's similarity, or has no such precision.</exception>
    public static void Check(RecommenderModel model, TopKMethod method, IndexPrecision precision = IndexPrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(model);
        bool fits = method.Kind == TopKKind.HIndexer || method.Kind == TopKKind.MipsBruteForce == model.Mixture is null;
        if (!fits)
            throw new InvalidInputException(
                $"top-k method {method} must fit the similarity of the model, {model.Config.Similarity}: MIPSBruteForceTopK searches by dot product, MoL… by MixtureOfLogits, HIndexerTopK… by both; "
                + $"{Default(model)} always fits this model");
        if (method.Kind == TopKKind.MixtureBruteForce && precision != IndexPrecision.Float32)
            throw new InvalidInputException($"top-k method {method} has precision {IndexPrecision.Float32} only, not {precision}; {new TopKMethod(TopKKind.MixtureExact)} gives the same answers from scans in {precision}");
        // One query's sums would run in another order than those of a batch, and its candidates with them.
        if (method.Kind == TopKKind.HIndexer && precision == IndexPrecision.BFloat16)
            throw new InvalidInputException($"top-k method {method} has precisions {IndexPrecision.Float32} and {IndexPrecision.Int8}, not {precision}; {IndexPrecision.Int8} is the quickest");
    }

    /// <summary>An index that knows exact ranks: brute force by the model's similarity. The model must outlive it and keep its weights.</summary>
    public static IRankIndex Exact(RecommenderModel model, WorkerPool workers)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Mixture is null ? new MipsBruteForce(model, workers) : new MixtureBruteForce(model, workers);
    }

    /// <summary>Neighbouring items of a model, <paramref name="count"/> from <paramref name="first"/> on, for ranks in the whole catalogue.</summary>
    internal static IRankPart Part(RecommenderModel model, int first, int count, WorkerPool workers) => model.Mixture is null
        ? new MipsBruteForce(new RangeVectors(new TableVectors(model), first, count), workers, IndexPrecision.Float32)
        : new MixtureBruteForce(new MixtureItems(model) with { First = first, Count = count }, workers);

    /// <summary>The catalogue of a model with a mixture.</summary>
    internal static MixtureItems MixtureOf(RecommenderModel model, TopKKind kind)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Mixture is not null ? new MixtureItems(model)
            : throw new ArgumentException($"{new TopKMethod(kind)} searches by a mixture of logits; this model's similarity is {model.Config.Similarity}", nameof(model));
    }
}
