using System.Text;

namespace Sequor.Fuzz;

/// <summary>What a reader is given: files by their name in its folder, or one block of bytes under an empty name. A file may be a link instead.</summary>
internal sealed class FuzzInput
{
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Links by name, with what they point to.</summary>
    public Dictionary<string, string> Links { get; } = new(StringComparer.Ordinal);

    /// <summary>What goes with the bytes, such as headers and the address of a request.</summary>
    public Dictionary<string, string> Fields { get; } = new(StringComparer.Ordinal);

    public byte[] Bytes => Files[""];

    public long Size => Files.Values.Sum(file => (long)file.Length);

    public static FuzzInput Of(byte[] bytes) => Of("", bytes);

    public static FuzzInput Of(string name, byte[] bytes)
    {
        var input = new FuzzInput();
        input.Files.Add(name, bytes);
        return input;
    }

    public static FuzzInput Of(string name, string text) => Of(name, Encoding.UTF8.GetBytes(text));
}
