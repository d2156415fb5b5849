using Sequor.Artifacts;
using Sequor.Kernels;
using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>The index of an artefact: the one that was chosen for it (<c>sequor index</c>), or another that the caller names.</summary>
public static class ArtifactIndex
{
    /// <summary>Builds the index from the artefact's weights.</summary>
    /// <param name="artifact">The artefact; it must outlive the index.</param>
    /// <param name="method">How to search; the artefact's choice when null.</param>
    /// <param name="precision">What scans read; the artefact's choice for the method when null.</param>
    /// <param name="workers">Threads.</param>
    /// <exception cref="InvalidInputException">The method does not fit the model's similarity, or has no such precision.</exception>
    public static ITopKIndex Open(ModelArtifact artifact, TopKMethod? method, IndexPrecision? precision, WorkerPool workers)
    {
        (TopKMethod chosen, IndexPrecision chosenPrecision) = Choose(artifact, method, precision);
        return TopKIndex.Create(artifact.Model, chosen, workers, chosenPrecision);
    }

    /// <summary>
    /// What <see cref="Open"/> opens. Of the artefact's indices the first that agrees with what is named; where none does, the method of the first index, else of
    /// the settings, else brute force; in float32, or, where that changes no answer and the catalogue is large, in int8.
    /// </summary>
    /// <exception cref="InvalidInputException">An index of the artefact names no method or precision that this program knows, or the choice does not fit the model.</exception>
    public static (TopKMethod Method, IndexPrecision Precision) Choose(ModelArtifact artifact, TopKMethod? method, IndexPrecision? precision)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        foreach (var index in artifact.Indices.Select(Read))
        {
            if ((method ?? index.Method) != index.Method || (precision ?? index.Precision) != index.Precision) continue;
            TopKIndex.Check(artifact.Model, index.Method, index.Precision);
            return index;
        }

        TopKMethod chosen = method ?? (artifact.Indices is [var first, ..] ? Read(first).Method : artifact.Configuration.TopK ?? TopKIndex.Default(artifact.Model));
        IndexPrecision chosenPrecision = precision ?? Quickest(chosen, artifact.Items.Count);
        TopKIndex.Check(artifact.Model, chosen, chosenPrecision);
        return (chosen, chosenPrecision);
    }

    /// <summary>Adds a choice to the artefact in a directory, as its default. Whoever has the artefact open is not disturbed.</summary>
    /// <param name="directory">Where <paramref name="artifact"/> was loaded from.</param>
    /// <param name="artifact">The artefact.</param>
    /// <param name="index">An index of its model.</param>
    /// <param name="precision">What the index was built with.</param>
    /// <returns>The manifest as it now stands.</returns>
    /// <exception cref="InvalidInputException">The directory holds other weights by now, or the system refuses.</exception>
    public static ArtifactManifest Save(string directory, ModelArtifact artifact, ITopKIndex index, IndexPrecision precision)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        ArgumentNullException.ThrowIfNull(index);
        return ArtifactManifest.AddIndex(directory, new IndexHeader
        {
            Method = index.Method.ToString(),
            Precision = IndexPrecisionNames.Of(precision),
            ItemCount = artifact.Items.Count,
            EmbeddingDim = artifact.Configuration.Model.EmbeddingDim,
            WeightsSha256 = artifact.Manifest.Files.First(file => file.Name == ModelArtifact.WeightsFileName).Sha256,
        });
    }

    // Of a catalogue beyond the caches a scan costs its bytes. Exact methods give the same answers from any precision.
    private static IndexPrecision Quickest(TopKMethod method, int itemCount)
    {
        const int BeyondCaches = 1 << 16;
        return method.Kind is TopKKind.MipsBruteForce or TopKKind.MixtureExact && itemCount >= BeyondCaches ? IndexPrecision.Int8 : IndexPrecision.Float32;
    }

    private static (TopKMethod Method, IndexPrecision Precision) Read(IndexHeader header)
    {
        if (IndexPrecisionNames.TryParse(header.Precision, out IndexPrecision precision) && TopKMethod.TryParse(header.Method, out TopKMethod method)) return (method, precision);
        throw new InvalidInputException($"the artefact has an index {header.Method} in {header.Precision}, which this program does not know: use a newer Sequor");
    }
}
