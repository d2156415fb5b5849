using System.IO.Compression;

namespace Sequor.Artifacts;

/// <summary>
/// The zip archive around a checkpoint: <c>NAME/data.pkl</c> and a file <c>NAME/data/KEY</c> for every storage. Nothing is unpacked to
/// disk; sizes are held against the bytes that are there before memory is taken for them.
/// </summary>
internal sealed class PyTorchArchive : IDisposable
{
    private const string PickleName = "data.pkl";
    private const int LargestPickle = 16 << 20;
    // No Deflate stream is shorter than a 1032nd of what it holds, and torch.save compresses nothing: a whole archive that swells is made to fill memory.
    private const long LargestDeflation = 1032, LargestSwelling = 64;
    private const int BufferLength = 1 << 16;

    private readonly string _path;
    private readonly long _length;
    private readonly ZipArchive _zip;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);
    private readonly string _root;

    /// <summary>Reads the archive's directory; the stream is closed with the archive.</summary>
    public PyTorchArchive(Stream stream, string path)
    {
        _path = path;
        _length = stream.Length;
        _zip = new ZipArchive(stream, ZipArchiveMode.Read);
        foreach (ZipArchiveEntry entry in _zip.Entries)
            if (!_entries.TryAdd(entry.FullName, entry)) throw Wrong($"holds {entry.FullName} twice: it is damaged");
        string[] pickles = [.. _entries.Keys.Where(name => name == PickleName || name.EndsWith("/" + PickleName, StringComparison.Ordinal))];
        if (pickles.Length != 1) throw Wrong($"is a zip archive with {pickles.Length} files {PickleName}; torch.save writes one: is it a checkpoint of PyTorch?");
        _root = pickles[0][..^PickleName.Length];
        if (_entries.TryGetValue(_root + "byteorder", out ZipArchiveEntry? order) && Bytes(order) is var name && !name.AsSpan().StartsWith("little"u8))
            throw Wrong("was written on a big-endian machine; save it again on a little-endian one");
    }

    /// <summary>The bytes of the pickle.</summary>
    public byte[] Pickle() => Bytes(_entries[_root + PickleName]);

    /// <summary>Checks that a storage is there and as long as the pickle says.</summary>
    public void Require(PyTorchStorage storage)
    {
        ZipArchiveEntry entry = Find(storage);
        long expected = storage.ElementCount * storage.ElementSize;
        if (entry.Length != expected) throw Wrong($"has {entry.Length} bytes for storage {storage.Key}, {storage.ElementCount} elements of {storage.Type} are {expected}: it is damaged");
        RequireJustified(entry);
    }

    /// <summary>A storage's bytes from the beginning.</summary>
    public Stream Open(PyTorchStorage storage) => new BufferedStream(Find(storage).Open(), BufferLength);

    public void Dispose() => _zip.Dispose();

    private ZipArchiveEntry Find(PyTorchStorage storage) =>
        _entries.GetValueOrDefault($"{_root}data/{storage.Key}") ?? throw Wrong($"has no storage {storage.Key}: it is cut short or damaged");

    private byte[] Bytes(ZipArchiveEntry entry)
    {
        if (entry.Length > LargestPickle) throw Wrong($"has {entry.Length} bytes of {entry.FullName}; at most {LargestPickle} are read");
        RequireJustified(entry);
        byte[] bytes = new byte[entry.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(bytes);
        return bytes;
    }

    private void RequireJustified(ZipArchiveEntry entry)
    {
        // Fields of zip64 have a sign here.
        if (entry.CompressedLength < 0 || entry.Length < 0 || entry.CompressedLength > _length || entry.Length / LargestDeflation > entry.CompressedLength || entry.Length / LargestSwelling > _length)
            throw Wrong($"says that {entry.FullName} has {entry.Length} bytes in {entry.CompressedLength} of its own {_length}, which cannot be: it is damaged");
    }

    private InvalidInputException Wrong(string finding) => new($"{_path} {finding}");
}
