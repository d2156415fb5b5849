using System.Security.Cryptography;
using Sequor.Storage;

namespace Sequor.Tests.Storage;

/// <summary>
/// Watches what a program does below a folder and knows at every step what a power cut would leave: of a file what was flushed, of a directory the
/// names that it had when it was flushed. Whatever was not flushed may have come to the disk all the same, whole or in part.
/// </summary>
internal sealed class SimulatedDisk(string root)
{
    private readonly Dictionary<string, Node> _live = new(StringComparer.Ordinal) { [root] = new() };
    private readonly HashSet<string> _known = [];

    /// <summary>The different contents that the folder may have after a cut, with the number of the step before which it came.</summary>
    internal List<(int Step, Dictionary<string, byte[]> Files)> Images { get; } = [];

    /// <summary>Steps so far.</summary>
    internal int Count { get; private set; }

    internal void Watch(DiskStep step, string path, string? other)
    {
        Keep(Names(root));
        foreach (double share in new[] { 0, 0.5 })
        {
            Keep(Names(root).ToDictionary(file => file.Key, file => Torn(file.Key, share)));
            var cut = new Dictionary<string, byte[]>();
            Durable(root, _live[root], share, cut);
            Keep(cut);
        }

        Count++;
        Apply(step, path, other);
    }

    private void Apply(DiskStep step, string path, string? other)
    {
        switch (step)
        {
            case DiskStep.Flush:
                Of(path).Content = File.ReadAllBytes(path);
                break;
            case DiskStep.FlushDirectory:
                Of(path).Names = Directory.EnumerateFileSystemEntries(path).ToDictionary(entry => Path.GetFileName(entry), Of);
                break;
            case DiskStep.Rename:
                Take(other!);
                Put(other!, Take(path));
                break;
            case DiskStep.Exchange:
                List<(string, Node)> first = Take(path), second = Take(other!);
                Put(other!, first);
                Put(path, second);
                break;
            case DiskStep.Delete:
                Take(path);
                break;
        }
    }

    private Node Of(string path) => _live.TryGetValue(path, out Node? node) ? node : _live[path] = new Node();

    private List<(string Below, Node Node)> Take(string path)
    {
        List<(string, Node)> taken = [];
        foreach (string key in _live.Keys.Where(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal)).ToArray())
        {
            taken.Add((key[path.Length..], _live[key]));
            _live.Remove(key);
        }

        return taken;
    }

    private void Put(string path, List<(string Below, Node Node)> nodes)
    {
        foreach (var (below, node) in nodes) _live[path + below] = node;
    }

    private static Dictionary<string, byte[]> Names(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(path => path, Read);

    // The file that is being locked is empty, and not to be opened a second time.
    private static byte[] Read(string path) => Path.GetFileName(path) == ".lock" ? [] : File.ReadAllBytes(path);

    private byte[] Torn(string path, double share) => Tail(_live.TryGetValue(path, out Node? node) ? node.Content : [], Read(path), share);

    // Of what stands behind the flushed part, a share has come to the disk.
    private static byte[] Tail(byte[] flushed, byte[] now, double share)
    {
        if (now.Length < flushed.Length) return flushed;
        return now[..(flushed.Length + (int)(share * (now.Length - flushed.Length)))];
    }

    private void Durable(string path, Node node, double share, Dictionary<string, byte[]> files)
    {
        string? now = _live.FirstOrDefault(pair => pair.Value == node).Key;
        if (node.Names.Count == 0 && (now is null ? node.Content.Length > 0 : File.Exists(now)))
            files[path] = now is null ? node.Content : Tail(node.Content, Read(now), share);
        foreach (var (name, child) in node.Names) Durable(Path.Combine(path, name), child, share, files);
    }

    private void Keep(Dictionary<string, byte[]> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, content) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{path}\n{content.Length}\n"));
            hash.AppendData(content);
        }

        if (_known.Add(Convert.ToHexString(hash.GetCurrentHash()))) Images.Add((Count, files));
    }

    private sealed class Node
    {
        internal byte[] Content { get; set; } = [];

        internal Dictionary<string, Node> Names { get; set; } = [];
    }
}
