using System.Globalization;
using System.Text.RegularExpressions;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>Ways to find the best items (<c>train_fn.top_k_method</c>).</summary>
public enum TopKKind
{
    /// <summary>All dot products (<c>MIPSBruteForceTopK</c>).</summary>
    MipsBruteForce,

    /// <summary>All mixtures (<c>MoLBruteForceTopK</c>).</summary>
    MixtureBruteForce,

    /// <summary>The best items of every component pair, then their mixtures (<c>MoLNaiveTopK50</c>).</summary>
    MixtureNaive,

    /// <summary>The best items by one averaged dot product, then their mixtures (<c>MoLAvgTopK200</c>).</summary>
    MixtureAverage,

    /// <summary>Both of these (<c>MoLCombTopK50_200</c>).</summary>
    MixtureCombined,

    /// <summary>The very answers of brute force, by bounds on the mixture (<c>MoLExactTopK</c>).</summary>
    MixtureExact,

    /// <summary>A quantised dot product above a threshold from a sample, then the model's own scores (<c>HIndexerTopK1000</c>).</summary>
    HIndexer,
}

/// <summary>A way to search and its parameters, as its gin name has them.</summary>
/// <param name="Kind">The way.</param>
/// <param name="ComponentCandidates">k′, items kept of each component pair; 0 where the method has none.</param>
/// <param name="Candidates">N or K′, items kept by the first stage; 0 where the method has none.</param>
public readonly partial record struct TopKMethod(TopKKind Kind, int ComponentCandidates = 0, int Candidates = 0)
{
    /// <summary>An example of each name.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["MIPSBruteForceTopK", "MoLBruteForceTopK", "MoLExactTopK", "MoLNaiveTopK50", "MoLAvgTopK200", "MoLCombTopK50_200", "HIndexerTopK1000"];

    /// <summary>Brute force over a similarity.</summary>
    public static TopKMethod BruteForce(SimilarityKind similarity) =>
        new(similarity == SimilarityKind.DotProduct ? TopKKind.MipsBruteForce : TopKKind.MixtureBruteForce);

    /// <summary>Whether the method searches by this similarity.</summary>
    public bool Fits(SimilarityKind similarity) =>
        Kind == TopKKind.HIndexer || (Kind == TopKKind.MipsBruteForce) == (similarity == SimilarityKind.DotProduct);

    /// <summary>Whether the answers are those of brute force.</summary>
    public bool IsExact => Kind is TopKKind.MipsBruteForce or TopKKind.MixtureBruteForce or TopKKind.MixtureExact;

    /// <summary>Reads a gin name.</summary>
    public static bool TryParse(string name, out TopKMethod method)
    {
        Match match = Pattern().Match(name);
        method = default;
        if (!match.Success) return false;
        string way = match.Groups["way"].Value;
        if (!Number(match.Groups["first"], out int first) || !Number(match.Groups["second"], out int second)) return false;
        bool one = first > 0 && second == 0, none = first == 0 && second == 0;
        method = way switch
        {
            "MIPSBruteForce" when none => new TopKMethod(TopKKind.MipsBruteForce),
            "MoLBruteForce" when none => new TopKMethod(TopKKind.MixtureBruteForce),
            "MoLExact" when none => new TopKMethod(TopKKind.MixtureExact),
            "MoLNaive" when one => new TopKMethod(TopKKind.MixtureNaive, first),
            "MoLAvg" when one => new TopKMethod(TopKKind.MixtureAverage, 0, first),
            "MoLComb" when first > 0 && second > 0 => new TopKMethod(TopKKind.MixtureCombined, first, second),
            "HIndexer" when one => new TopKMethod(TopKKind.HIndexer, 0, first),
            _ => new TopKMethod((TopKKind)(-1)),
        };
        return method.Kind >= 0;
    }

    /// <summary>The gin name.</summary>
    public override string ToString() => Kind switch
    {
        TopKKind.MipsBruteForce => "MIPSBruteForceTopK",
        TopKKind.MixtureBruteForce => "MoLBruteForceTopK",
        TopKKind.MixtureExact => "MoLExactTopK",
        TopKKind.MixtureNaive => string.Create(CultureInfo.InvariantCulture, $"MoLNaiveTopK{ComponentCandidates}"),
        TopKKind.MixtureAverage => string.Create(CultureInfo.InvariantCulture, $"MoLAvgTopK{Candidates}"),
        TopKKind.MixtureCombined => string.Create(CultureInfo.InvariantCulture, $"MoLCombTopK{ComponentCandidates}_{Candidates}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"HIndexerTopK{Candidates}"),
    };

    // An absent number is 0.
    private static bool Number(Group group, out int value)
    {
        value = 0;
        return !group.Success || (int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0);
    }

    [GeneratedRegex("^(?<way>[A-Za-z]+)TopK(?<first>[0-9]+)?(_(?<second>[0-9]+))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
