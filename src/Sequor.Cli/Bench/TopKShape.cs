using System.Globalization;
using System.Text.RegularExpressions;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;

namespace Sequor.Cli.Bench;

/// <summary>
/// A made-up model by its similarity: <c>dot-D</c>, a dot product of width D, or <c>mol-QxXxD</c>, a Mixture of Logits with Q query and X item
/// components of width D over vectors of 64.
/// </summary>
internal sealed partial record TopKShape(string Name, ModelConfig Config)
{
    private const string Known = "dot-64, mol-8x4x64 (published for ml-1m and ml-20m), mol-8x8x32 (for amzn-books) or others of this pattern";
    private const int MixtureVectorDim = 64;
    private const int LargestDim = 4096;
    private const int MostGroups = 16;

    // Share of a query component's own draw beside the item component that it looks for.
    private const float Drift = 0.5f;

    /// <summary>Items when nobody says how many: as many as Amazon Books has, fewer where a brute-force search takes long.</summary>
    public int DefaultItemCount => Config.Similarity == SimilarityKind.DotProduct ? 695_762 : 100_000;

    /// <exception cref="InvalidInputException">No shape has this name.</exception>
    public static TopKShape Parse(string name)
    {
        Match match = Pattern().Match(name);
        int Part(string part, int most) =>
            int.TryParse(match.Groups[part].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1 && value <= most
                ? value
                : throw new InvalidInputException($"--shape {name} must have widths of 1 to {LargestDim} and 1 to {MostGroups} components a side; choose {Known}");

        if (!match.Success) throw new InvalidInputException($"--shape {name} is not known; choose {Known}");
        if (match.Groups["dot"].Success)
            return new TopKShape(name, new ModelConfig { EmbeddingDim = Part("dot", LargestDim), Encoder = EncoderKind.SasRec, ItemL2Norm = true });
        // A query's projection of one layer can be made to agree with the items'; what it costs is no part of a search.
        var mixture = new MixtureOfLogitsConfig
        {
            QueryGroupCount = Part("queries", MostGroups), ItemGroupCount = Part("items", MostGroups), ComponentDim = Part("dim", LargestDim), QueryHiddenDim = 0,
        };
        return new TopKShape(name, new ModelConfig
        {
            EmbeddingDim = MixtureVectorDim, Encoder = EncoderKind.SasRec, Similarity = SimilarityKind.MixtureOfLogits, Mixture = mixture,
        });
    }

    /// <summary>
    /// Makes the model up: weights as training draws them at first, item vectors in clusters (<see cref="ClusteredVectors"/>), and query
    /// component q leaning towards item component q mod X, as those of a trained model agree on what to look for.
    /// </summary>
    public RecommenderModel CreateModel(int itemCount, ulong seed, WorkerPool workers)
    {
        var model = new RecommenderModel(Config, itemCount);
        model.Initialize(seed);
        ClusteredVectors.Fill(model.Items.Value, seed, workers);
        if (model.Mixture is { } mixture) Align(mixture);
        return model;
    }

    private static void Align(MixtureOfLogits mixture)
    {
        Matrix query = Projection(mixture, "query"), item = Projection(mixture, "item");
        for (int row = 0; row < query.Rows; row++)
        {
            int like = row % item.Rows;
            for (int column = 0; column < query.Columns; column++) query[row][column] = item[like][column] + Drift * query[row][column];
        }
    }

    private static Matrix Projection(MixtureOfLogits mixture, string side) =>
        mixture.Parameters.Single(parameter => parameter.Name.EndsWith($"_{side}_emb_proj_module.1.weight", StringComparison.Ordinal)).Value;

    [GeneratedRegex("^(dot-(?<dot>[0-9]+)|mol-(?<queries>[0-9]+)x(?<items>[0-9]+)x(?<dim>[0-9]+))$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
