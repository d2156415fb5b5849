using System.Buffers;
using System.Text;

namespace Sequor.Data;

/// <summary>Gathers strings end to end; the bytes of one table are limited to 2 GiB.</summary>
internal sealed class Utf8TableBuilder
{
    private readonly ArrayBufferWriter<byte> bytes = new();
    private readonly List<long> offsets = [0];

    /// <summary>Rows added so far.</summary>
    public int Count => offsets.Count - 1;

    /// <summary>Appends one row.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        Encoding.UTF8.GetBytes(text, bytes);
        offsets.Add(bytes.WrittenCount);
    }

    /// <summary>The rows so far as a table.</summary>
    public Utf8Table Build() => new(offsets.ToArray(), bytes.WrittenMemory);
}
