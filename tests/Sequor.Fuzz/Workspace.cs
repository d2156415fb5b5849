using System.Runtime.InteropServices;

namespace Sequor.Fuzz;

/// <summary>
/// A folder for the files of an input, and beside it things that no reader may touch: a file whose time of access would tell, a pipe that would never
/// answer. In memory where the system has such a place.
/// </summary>
internal sealed partial class Workspace : IDisposable
{
    private static readonly DateTime s_longAgo = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly string _root;
    private readonly string _canary;
    private readonly Dictionary<string, byte[]> _placed = new(StringComparer.Ordinal);
    private readonly DateTime _made;
    private readonly HashSet<string> _links = new(StringComparer.Ordinal);

    public Workspace()
    {
        string place = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        _root = Path.Combine(place, "sequor-fuzz-" + Guid.NewGuid().ToString("N")[..12]);
        Folder = Path.Combine(_root, "given");
        Directory.CreateDirectory(Folder);
        _canary = Path.Combine(_root, "canary.gin");
        File.WriteAllText(_canary, "train_fn.num_epochs = 77\n");
        if (OperatingSystem.IsLinux() && MakePipe(Path.Combine(_root, "pipe"), 0x180) != 0) throw new IOException("the pipe cannot be made");
        // A file that is read gets a new time of access when the one it has is older than its last change.
        File.SetLastAccessTimeUtc(_canary, s_longAgo);
        _made = Directory.GetLastWriteTimeUtc(_root);
    }

    public string Folder { get; }

    /// <summary>Places that a hostile input may try to lead to: outside, a device, a pipe, nowhere, itself.</summary>
    public string[] Traps => [_canary, Path.Combine(_root, "pipe"), "/dev/zero", Path.Combine(_root, "nothing"), Folder, "../canary.gin", ".."];

    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>Puts the files of an input in place; those that stand there already stay.</summary>
    public void Place(FuzzInput input)
    {
        foreach (string name in _placed.Keys.Where(name => !input.Files.ContainsKey(name) || input.Links.ContainsKey(name)).ToArray())
        {
            File.Delete(At(name));
            _placed.Remove(name);
        }

        foreach (string link in _links) File.Delete(At(link));
        _links.Clear();
        foreach ((string name, byte[] bytes) in input.Files)
        {
            if (name.Length == 0 || input.Links.ContainsKey(name) || (_placed.TryGetValue(name, out byte[]? there) && ReferenceEquals(there, bytes))) continue;
            if (Path.GetDirectoryName(name) is { Length: > 0 } folder) Directory.CreateDirectory(At(folder));
            File.WriteAllBytes(At(name), bytes);
            _placed[name] = bytes;
        }

        foreach ((string name, string target) in input.Links)
        {
            File.CreateSymbolicLink(At(name), target);
            _links.Add(name);
        }
    }

    /// <summary>What a reader did outside of the folder; null if nothing.</summary>
    public string? Trespass()
    {
        if (File.GetLastAccessTimeUtc(_canary) != s_longAgo)
        {
            File.SetLastAccessTimeUtc(_canary, s_longAgo);
            return "a file outside of the given folder was read";
        }

        return Directory.GetLastWriteTimeUtc(_root) == _made ? null : "something was made or removed outside of the given folder";
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);
}
