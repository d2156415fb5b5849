namespace Sequor.Artifacts;

/// <summary>What an import has read.</summary>
/// <param name="Manifest">The artefact's manifest.</param>
/// <param name="Epoch">The epoch that the file named; null when it named none, and the manifest then says 0.</param>
/// <param name="TensorCount">Tensors that became parameters.</param>
/// <param name="TableRowCount">Rows of the file's item table.</param>
/// <param name="Ignored">Buffers of the file that follow from the settings and were not read.</param>
public sealed record ImportedWeights(ArtifactManifest Manifest, int? Epoch, int TensorCount, long TableRowCount, IReadOnlyList<string> Ignored);
