namespace Sequor.Cli.Reports;

/// <summary>What runs are called beside each other.</summary>
internal static class RunNames
{
    /// <summary>The last part of each path, and as many before it as tell them apart.</summary>
    /// <exception cref="InvalidInputException">A path stands twice.</exception>
    public static string[] Of(IReadOnlyList<string> paths)
    {
        string[] full = [.. paths.Select(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))];
        for (int i = 0; i < full.Length; i++)
            if (Array.IndexOf(full, full[i]) < i) throw new InvalidInputException($"{paths[i]} stands twice; name each run once");
        string[][] parts = [.. full.Select(path => path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))];
        return [.. parts.Select(own =>
        {
            int length = 1;
            while (length < own.Length && parts.Count(other => Tail(other, length) == Tail(own, length)) > 1) length++;
            return Tail(own, length);
        })];
    }

    private static string Tail(string[] parts, int length) => string.Join('/', parts.TakeLast(length));
}
