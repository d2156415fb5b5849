namespace Sequor.Preparation.Downloads;

/// <summary>The files of a set, on this disk.</summary>
/// <param name="Paths">Path by published name; optional files that are missing are not in it.</param>
/// <param name="Downloaded">Files and folders of the cache that this set was downloaded to; empty when a person gave the files.</param>
internal sealed record SetFiles(IReadOnlyDictionary<string, string> Paths, IReadOnlyList<string> Downloaded)
{
    /// <summary>Path of a file that is needed.</summary>
    public string this[string name] => Paths[name];

    /// <summary>Path of an optional file; null when it is missing.</summary>
    public string? Find(string name) => Paths.GetValueOrDefault(name);
}
