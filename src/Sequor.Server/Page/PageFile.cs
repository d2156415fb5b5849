using System.IO.Compression;
using System.Security.Cryptography;

namespace Sequor.Server.Page;

/// <summary>A file of the page as it goes over the wire: as it is, and compressed once.</summary>
internal sealed class PageFile
{
    private readonly byte[] _plain, _brotli, _gzip;

    private PageFile(string name, byte[] plain)
    {
        Name = name;
        _plain = plain;
        _brotli = Compress(plain, static to => new BrotliStream(to, CompressionLevel.Optimal));
        _gzip = Compress(plain, static to => new GZipStream(to, CompressionLevel.Optimal));
        Hash = Convert.ToHexStringLower(SHA256.HashData(plain))[..16];
        ContentType = Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            string other => throw new InvalidOperationException($"page file {name}: no content type is known for {other}; name one here"),
        };
    }

    /// <summary>Name, such as <c>app.js</c>.</summary>
    internal string Name { get; }

    /// <summary>Content type, with its charset.</summary>
    internal string ContentType { get; }

    /// <summary>The start of the hash of the content, 16 hexadecimal digits.</summary>
    internal string Hash { get; }

    /// <summary>Bytes without compression.</summary>
    internal int Length => _plain.Length;

    /// <summary>All files of the page, by name.</summary>
    internal static Dictionary<string, PageFile> ReadAll()
    {
        const string Prefix = "page/";
        var files = new Dictionary<string, PageFile>(StringComparer.Ordinal);
        foreach (string resource in typeof(PageFile).Assembly.GetManifestResourceNames())
        {
            if (!resource.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            using Stream stream = typeof(PageFile).Assembly.GetManifestResourceStream(resource)!;
            byte[] plain = new byte[stream.Length];
            stream.ReadExactly(plain);
            files.Add(resource[Prefix.Length..], new PageFile(resource[Prefix.Length..], plain));
        }

        return files;
    }

    /// <summary>The bytes for a client, and the name of their encoding; null for none.</summary>
    /// <param name="acceptBrotli">Whether the client reads Brotli.</param>
    /// <param name="acceptGzip">Whether the client reads gzip.</param>
    internal (ReadOnlyMemory<byte> Bytes, string? Encoding) For(bool acceptBrotli, bool acceptGzip) =>
        acceptBrotli ? (_brotli, "br") : acceptGzip ? (_gzip, "gzip") : (_plain, null);

    private static byte[] Compress(byte[] plain, Func<Stream, Stream> open)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = open(compressed)) stream.Write(plain);
        return compressed.ToArray();
    }
}
