namespace Sequor.Storage;

/// <summary>
/// Files of a folder that others may have made: a name in it must lead to a file in it, with something in it. A link that leaves the folder could make
/// a program read what its maker could not, and a pipe or a device, whose length is 0, would be read for ever.
/// </summary>
public static class InnerFile
{
    private const int MostLinks = 8;

    /// <summary>The path of a file of a folder, links followed.</summary>
    /// <param name="folder">The folder; it may itself be a link.</param>
    /// <param name="name">Its name there, parts separated by slashes.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidInputException">It is empty or no file, or a link leads out of the folder.</exception>
    public static string Find(string folder, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        string real = Resolve(folder, name, MostLinks)
            ?? throw new InvalidInputException($"{Path.Combine(folder, name)} is a link that may lead out of {folder}; put the file itself there, or a link to a name below its own folder");
        var file = new FileInfo(Path.Combine(folder, real));
        if (!file.Exists) throw new FileNotFoundException($"{Path.Combine(folder, name)} does not exist", Path.Combine(folder, name));
        return file.Length > 0 ? file.FullName : throw new InvalidInputException($"{Path.Combine(folder, name)} is empty, or no file; copy it again");
    }

    // The name without links; null if one leads, or could lead, out.
    private static string? Resolve(string folder, string name, int links)
    {
        string[] parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string above = "";
        for (int i = 0; i < parts.Length; i++)
        {
            // The link itself is asked, not what it leads to.
            if (new FileInfo(Path.Combine(folder, above, parts[i])).LinkTarget is { } target)
            {
                string[] steps = target.Split('/', '\\');
                if (links == 0 || Path.IsPathRooted(target) || steps.Contains("..")) return null;
                return Resolve(folder, string.Join('/', [above, .. steps.Where(step => step != "."), .. parts[(i + 1)..]]), links - 1);
            }

            above = above.Length == 0 ? parts[i] : $"{above}/{parts[i]}";
        }

        return above;
    }
}
