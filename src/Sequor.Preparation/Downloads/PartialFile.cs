namespace Sequor.Preparation.Downloads;

/// <summary>
/// What has arrived of a download: <c>NAME.part</c>, and beside it <c>NAME.part.tag</c> with the address and the server's mark of the version,
/// without which the rest of another version could be added to it.
/// </summary>
internal sealed class PartialFile
{
    private readonly string target;
    private readonly string tagPath;
    private readonly Uri address;

    public PartialFile(string target, Uri address)
    {
        this.target = target;
        this.address = address;
        Path = target + ".part";
        tagPath = Path + ".tag";
        if (File.Exists(tagPath) && File.ReadAllLines(tagPath) is [var from, var version] && from == address.AbsoluteUri) Version = version;
    }

    /// <summary>Path of the part.</summary>
    public string Path { get; }

    /// <summary>A strong ETag or a time of modification, as the server wrote it; null when the part cannot be continued.</summary>
    public string? Version { get; private set; }

    /// <summary>Bytes that have arrived.</summary>
    public long Length => File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <summary>Opens the part at its end.</summary>
    public FileStream Continue() => new(Path, FileMode.Append, FileAccess.Write, FileShare.Read);

    /// <summary>Opens the part empty, for a version of the file.</summary>
    public FileStream Restart(string? version)
    {
        Delete();
        if (version is not null) File.WriteAllLines(tagPath, [address.AbsoluteUri, version]);
        Version = version;
        return new FileStream(Path, FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Gives the whole file its name.</summary>
    public void Complete()
    {
        File.Move(Path, target, overwrite: true);
        File.Delete(tagPath);
    }

    /// <summary>Removes what has arrived. The part goes first: a mark without a part does no harm.</summary>
    public void Delete()
    {
        File.Delete(Path);
        File.Delete(tagPath);
        Version = null;
    }
}
