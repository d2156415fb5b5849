namespace Sequor.Artifacts;

/// <summary>A block of numbers in an archive, which tensors share.</summary>
/// <param name="Key">Its file under <c>data/</c>: decimal digits.</param>
/// <param name="Type">Type of the elements in the names of safetensors.</param>
/// <param name="ElementCount">How many elements it says to have.</param>
internal sealed record PyTorchStorage(string Key, string Type, long ElementCount)
{
    private const int LongestKey = 20;

    /// <summary>Bytes an element.</summary>
    public int ElementSize => SafetensorsType.SizeOf(Type);

    /// <summary>Reads ("storage", type, key, device, elements); null for anything else.</summary>
    public static PyTorchStorage? FromPersistentId(object? id) =>
        id is object?[] and ["storage", PyTorchGlobal { ElementType: { } type }, string key, string, long count]
        && count is >= 0 and <= long.MaxValue / sizeof(long) && key.Length is > 0 and <= LongestKey && key.All(char.IsAsciiDigit)
            ? new PyTorchStorage(key, type, count)
            : null;
}
