using System.Security.Cryptography;
using System.Text;
using Sequor.Storage;

namespace Sequor.Preparation.Downloads;

/// <summary>Finds the files of a set: in a folder, beside the ratings file, in an archive, or at an address, which is downloaded once.</summary>
internal sealed class SetLocator(
    Publication publication, string cacheFolder, bool verify, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
{
    private const string Marker = "source.txt";

    private readonly string setFolder = Path.Combine(cacheFolder, publication.Name);

    /// <summary>Whether the place (null: where the set is published) has to be downloaded.</summary>
    public bool NeedsDownload(string? place) => AddressOf(place) is { } address && !File.Exists(DownloadPath(address));

    /// <summary>The files at a place; null for the published one.</summary>
    /// <exception cref="InvalidInputException">A file that is needed is missing, or the download fails; the message says what to do.</exception>
    public SetFiles Find(string? place)
    {
        if (AddressOf(place) is { } address) return Fetch(address);
        if (place is null)
        {
            throw new InvalidInputException(
                $"{publication.Name} is for people to fetch, who accept its terms first: {publication.Home}; unpack it and add --source DIR");
        }

        if (Directory.Exists(place)) return new SetFiles(InFolder(place), []);
        if (!File.Exists(place)) throw new InvalidInputException($"'{place}' does not exist; give a folder, a ratings file, an archive or an http(s) address");
        if (Archive.Open(place) is not { } archive) return new SetFiles(Beside(place), []);
        using var folder = FolderLock.Take(setFolder, progress, cancellationToken);
        return new SetFiles(InFolder(Unpack(place, archive)), []);
    }

    private static bool IsAddress(string place) =>
        place.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || place.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private Uri? AddressOf(string? place)
    {
        if (place is null) return publication.Address;
        if (!IsAddress(place)) return null;
        return Uri.TryCreate(place, UriKind.Absolute, out Uri? address) && address.Segments[^1].TrimEnd('/').Length > 0
            ? address
            : throw new InvalidInputException($"'{place}' is not the address of a file; give one such as {publication.Address?.ToString() ?? "https://host/folder/file.zip"}");
    }

    // A mirror has a folder of its own: what it sends is never taken for the published file.
    private string DownloadPath(Uri address)
    {
        string name = Uri.UnescapeDataString(address.Segments[^1]).Replace('/', '_').Replace('\\', '_');
        return Path.Combine(address == publication.Address ? setFolder : Path.Combine(setFolder, Key(address.AbsoluteUri)), name);
    }

    private SetFiles Fetch(Uri address)
    {
        string path = DownloadPath(address);
        using var folder = FolderLock.Take(Path.GetDirectoryName(path)!, progress, cancellationToken);
        if (!File.Exists(path)) new Download(address, path, progress) { Md5 = verify ? publication.Md5 : null }.Run(cancellationToken);
        if (Archive.Open(path) is not { } archive)
        {
            RefusePage(address, path);
            return new SetFiles(Beside(path), [path]);
        }

        try
        {
            string unpacked = Unpack(path, archive);
            return new SetFiles(InFolder(unpacked), [path, unpacked]);
        }
        catch (InvalidInputException error)
        {
            File.Delete(path);
            throw new InvalidInputException($"{error.Message}; the download was removed", error);
        }
    }

    // Some servers answer everything with a page, where the file was asked for.
    private static void RefusePage(Uri address, string path)
    {
        using (var reader = new StreamReader(path, Encoding.Latin1))
        {
            char[] head = new char[64];
            int count = reader.ReadBlock(head);
            if (!head.AsSpan(0, count).TrimStart().StartsWith("<")) return;
        }

        File.Delete(path);
        throw new InvalidInputException($"{address} is a page, not a data file; open it in a browser, or give a file at hand with --source FILE|DIR|URL");
    }

    private string Unpack(string path, Archive archive)
    {
        var file = new FileInfo(path);
        string target = Path.Combine(setFolder, $"{file.Name}-{Key($"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}")}");
        if (File.Exists(Path.Combine(target, Marker))) return target;
        using AtomicDirectory unpacked = AtomicDirectory.Create(target, Marker);
        IReadOnlyList<string> found = archive.Extract([.. publication.Files, .. publication.OptionalFiles], unpacked.FilesPath, progress, cancellationToken);
        if (publication.Files.FirstOrDefault(name => !found.Contains(name)) is { } missing)
        {
            throw new InvalidInputException($"archive {path} has no {missing}; give the archive of {publication.Name}, see {publication.Home}");
        }

        File.WriteAllText(Path.Combine(unpacked.FilesPath, Marker), file.FullName + "\n");
        unpacked.Commit();
        return target;
    }

    private Dictionary<string, string> InFolder(string folder)
    {
        var paths = new Dictionary<string, string>();
        foreach (string name in publication.Files.Concat(publication.OptionalFiles))
        {
            string? path = Variants(name).Select(variant => InTree(folder, variant)).FirstOrDefault(found => found is not null);
            if (path is not null) paths.Add(name, path);
            else if (publication.Files.Contains(name)) throw Missing(Path.Combine(folder, name));
        }

        return paths;
    }

    private Dictionary<string, string> Beside(string ratings)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(ratings))!;
        var paths = new Dictionary<string, string> { [publication.Files[0]] = ratings };
        foreach (string name in publication.Files.Skip(1).Concat(publication.OptionalFiles))
        {
            string? path = Variants(name).Select(variant => Path.Combine(folder, variant)).FirstOrDefault(File.Exists);
            if (path is not null) paths.Add(name, path);
            else if (publication.Files.Contains(name)) throw Missing(Path.Combine(folder, name));
        }

        return paths;
    }

    // Archives unpack into folders of their own, such as KuaiRand-1K/data.
    private static string? InTree(string folder, string name)
    {
        if (File.Exists(Path.Combine(folder, name))) return Path.Combine(folder, name);
        var twoLevels = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true };
        string[] found = [.. Directory.EnumerateFiles(folder, name, twoLevels).Order(StringComparer.Ordinal)];
        return found.Length <= 1
            ? found.FirstOrDefault()
            : throw new InvalidInputException($"{name} stands in {Path.GetDirectoryName(found[0])} and in {Path.GetDirectoryName(found[1])}; give one of these folders");
    }

    private static string[] Variants(string name) => name.EndsWith(".gz", StringComparison.Ordinal) ? [name, name[..^3]] : [name, name + ".gz"];

    private InvalidInputException Missing(string path)
    {
        string otherwise = publication.Address is null ? $"fetch it from {publication.Home}" : $"leave --source out to download {publication.Name}";
        return new InvalidInputException($"{path} does not exist; give the folder that holds {string.Join(", ", publication.Files)}, the archive, or {otherwise}");
    }

    private static string Key(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
}
