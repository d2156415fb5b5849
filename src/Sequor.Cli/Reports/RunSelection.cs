using Sequor.Artifacts;
using Sequor.Training;

namespace Sequor.Cli.Reports;

/// <summary>Which runs can stand beside each other.</summary>
internal static class RunSelection
{
    /// <summary>Number of the run that a path or a name means.</summary>
    /// <exception cref="InvalidInputException">It is none of the runs.</exception>
    public static int Find(string run, IReadOnlyList<string> paths, IReadOnlyList<string> names)
    {
        for (int i = 0; i < paths.Count; i++)
            if (names[i] == run || Same(paths[i], run)) return i;
        throw new InvalidInputException($"--baseline {run} must be one of the runs that are compared: {string.Join(", ", names)}");
    }

    /// <summary>Refuses runs whose users or targets differ: the numbers of one say nothing about the other.</summary>
    /// <exception cref="InvalidInputException">Data or protocol differ.</exception>
    public static void RequireSame(IReadOnlyList<string> names, IReadOnlyList<ArtifactManifest> manifests)
    {
        for (int i = 1; i < manifests.Count; i++)
        {
            if (manifests[i].DataFingerprint != manifests[0].DataFingerprint)
                throw new InvalidInputException($"{names[i]} learned from {About(manifests[i])} and {names[0]} from {About(manifests[0])}: runs are compared on the same users, items and events; train both on one store");
            if (manifests[i].Protocol != manifests[0].Protocol)
                throw new InvalidInputException($"{names[i]} was trained under the {manifests[i].Protocol} protocol and {names[0]} under {manifests[0].Protocol}: one of them has learned from an event that the other has not; train both with the same --protocol");
        }

        static string About(ArtifactManifest manifest) => $"{manifest.DataName} (fingerprint {manifest.DataFingerprint[..Math.Min(12, manifest.DataFingerprint.Length)]}…)";
    }

    /// <summary>The store that a run remembers.</summary>
    /// <exception cref="InvalidInputException">No run remembers one that is still there.</exception>
    public static string FindData(IReadOnlyList<string> paths, IReadOnlyList<RunRecord> records)
    {
        string[] remembered = [.. records.Select(record => record.DataPath).OfType<string>().Distinct(StringComparer.Ordinal)];
        return remembered.FirstOrDefault(File.Exists)
            ?? throw new InvalidInputException(remembered.Length == 0
                ? $"{paths[0]} does not remember the store that it learned from; name it with --data"
                : $"{paths[0]} learned from {remembered[0]}, which is not there any more; say with --data where the store lies now");
    }

    private static bool Same(string path, string other) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(other));
}
