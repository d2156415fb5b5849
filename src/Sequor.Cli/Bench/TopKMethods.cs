using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary>The methods to compare: those that a user names, or a grid of all that fit the similarity, with several parameters.</summary>
internal static class TopKMethods
{
    private static readonly TopKMethod[] DotProduct = [new(TopKKind.MipsBruteForce), new(TopKKind.HIndexer, 0, 1000), new(TopKKind.HIndexer, 0, 4000)];

    private static readonly TopKMethod[] Mixture =
    [
        new(TopKKind.MixtureBruteForce),
        new(TopKKind.MixtureExact),
        new(TopKKind.MixtureNaive, 5),
        new(TopKKind.MixtureNaive, 10),
        new(TopKKind.MixtureNaive, 50),
        new(TopKKind.MixtureAverage, 0, 200),
        new(TopKKind.MixtureAverage, 0, 1000),
        new(TopKKind.MixtureAverage, 0, 4000),
        new(TopKKind.MixtureCombined, 5, 200),
        new(TopKKind.MixtureCombined, 10, 1000),
        new(TopKKind.HIndexer, 0, 1000),
        new(TopKKind.HIndexer, 0, 4000),
    ];

    /// <summary>What stands in help and in refusals: a name for each kind.</summary>
    public static string Examples { get; } = string.Join(", ", DotProduct.Concat(Mixture).DistinctBy(method => method.Kind).OrderBy(method => method.Kind));

    /// <summary>What to measure: the named methods, or the grid, each in the named precisions, or in those that suit it.</summary>
    /// <exception cref="InvalidInputException">A method does not fit the model, or has no such precision.</exception>
    public static IReadOnlyList<(TopKMethod Method, IndexPrecision Precision)> Plan(RecommenderModel model, TopKMethod[] named, string[] precisions)
    {
        IndexPrecision[] chosen = [.. precisions.Select(name => Enum.Parse<IndexPrecision>(name, ignoreCase: true)).Distinct()];
        TopKMethod[] methods = named.Length > 0 ? [.. named.Distinct()] : model.Mixture is null ? DotProduct : Mixture;
        (TopKMethod Method, IndexPrecision Precision)[] plan = [.. methods.SelectMany(method => (chosen.Length > 0 ? chosen : Suitable(method.Kind)).Select(precision => (method, precision)))];
        foreach ((TopKMethod method, IndexPrecision precision) in plan) TopKIndex.Check(model, method, precision);
        return plan;
    }

    /// <exception cref="InvalidInputException">No method has this name.</exception>
    public static TopKMethod Parse(string name)
    {
        if (TopKMethod.TryParse(name, out TopKMethod method)) return method;
        string hint = Nearest(name) is { } near ? $"; did you mean {near}?" : "";
        throw new InvalidInputException($"--method {name} is not known; choose one such as {Examples}{hint}");
    }

    // Where answers do not depend on the precision, the widest and the narrowest show what it gains; the first stage of HIndexer is meant to be narrow.
    private static IndexPrecision[] Suitable(TopKKind kind) => kind switch
    {
        TopKKind.MipsBruteForce => Enum.GetValues<IndexPrecision>(),
        TopKKind.MixtureExact => [IndexPrecision.Float32, IndexPrecision.Int8],
        TopKKind.HIndexer => [IndexPrecision.Int8],
        _ => [IndexPrecision.Float32],
    };

    // The kind whose name begins most alike, with the numbers of the misspelt name if it has as many.
    private static string? Nearest(string name)
    {
        const int LeastAlike = 4;
        TopKMethod near = DotProduct.Concat(Mixture).MaxBy(method => Alike(method.ToString(), name));
        if (Alike(near.ToString(), name) < LeastAlike) return null;
        string way = near.ToString()[..near.ToString().IndexOf("TopK", StringComparison.Ordinal)];
        string numbers = name[name.TakeWhile(letter => !char.IsAsciiDigit(letter)).Count()..];
        return TopKMethod.TryParse($"{way}TopK{numbers}", out TopKMethod own) ? own.ToString() : near.ToString();
    }

    private static int Alike(string left, string right) =>
        left.Zip(right).TakeWhile(pair => char.ToLowerInvariant(pair.First) == char.ToLowerInvariant(pair.Second)).Count();
}
