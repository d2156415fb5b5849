using Sequor.Artifacts;
using Sequor.Data;

namespace Sequor.Cli;

/// <summary>Whether a model and a store mean the same items by the same indices.</summary>
internal static class SharedCatalogue
{
    /// <summary>Stops when the catalogues differ; says so when only the events do.</summary>
    /// <exception cref="InvalidInputException">An item index means another item in the store than in the model.</exception>
    public static void Require(ModelArtifact artifact, SequenceStore store, Terminal terminal)
    {
        if (artifact.Manifest.DataFingerprint == store.Fingerprint) return;
        const string Remedy = "give the store that it was trained on";
        if (artifact.Items.Count != store.Items.Count)
        {
            throw new InvalidInputException(
                $"the model knows {Tables.Count(artifact.Items.Count)} items, {store.Path} has {Tables.Count(store.Items.Count)}; {Remedy}");
        }

        for (int index = 1; index <= store.Items.Count; index++)
        {
            string known = artifact.Items.Id(index), found = store.Items.Id(index);
            if (known != found) throw new InvalidInputException($"item {index} is '{known}' to the model and '{found}' in {store.Path}; {Remedy}");
        }

        terminal.Notice($"the model was trained on other events than those of {store.Path} (fingerprint {artifact.Manifest.DataFingerprint})");
    }
}
