using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Sequor.Artifacts;

/// <summary>Copies row <paramref name="row"/> of a matrix into <paramref name="destination"/>, as wide as a row.</summary>
public delegate void RowCopy(long row, Span<float> destination);

/// <summary>
/// Writes float32 tensors in the safetensors format (github.com/huggingface/safetensors): the header when it is created, then the tensors
/// in the order in which they were declared, each streamed.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly Stream _stream;
    private readonly IReadOnlyList<SafetensorsShape> _tensors;
    private int _written;

    /// <summary>Writes the header; the stream stays the caller's.</summary>
    public SafetensorsWriter(Stream stream, IReadOnlyList<SafetensorsShape> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        _stream = stream;
        _tensors = tensors;
        var header = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(header)) WriteHeader(json, tensors, metadata);
        // Spaces to a multiple of eight: readers that map the file find the numbers aligned.
        int padding = -header.WrittenCount & 7;
        header.GetSpan(padding)[..padding].Fill((byte)' ');
        header.Advance(padding);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.WrittenCount);
        stream.Write(length);
        stream.Write(header.WrittenSpan);
    }

    /// <summary>
    /// Writes the next tensor from rows that start <paramref name="stride"/> floats apart (default: no gap between rows).
    /// </summary>
    public void Write(string name, ReadOnlySpan<float> values, int? stride = null)
    {
        SafetensorsShape tensor = Take(name);
        int columns = checked((int)tensor.ColumnCount), step = stride ?? columns;
        ArgumentOutOfRangeException.ThrowIfLessThan(step, columns, nameof(stride));
        long needed = tensor.RowCount == 0 ? 0 : ((tensor.RowCount - 1) * step) + columns;
        if (values.Length < needed || (stride is null && values.Length != needed))
        {
            throw new ArgumentException($"{name} has {values.Length} values; its shape needs {needed}", nameof(values));
        }

        if (step == columns) SafetensorsType.Write(_stream, values[..(int)needed]);
        else for (int row = 0; row < tensor.RowCount; row++) SafetensorsType.Write(_stream, values.Slice(row * step, columns));
    }

    /// <summary>Writes the next tensor row by row, for matrices larger than a span.</summary>
    public void Write(string name, RowCopy copy)
    {
        SafetensorsShape tensor = Take(name);
        float[] row = ArrayPool<float>.Shared.Rent(checked((int)tensor.ColumnCount));
        try
        {
            Span<float> columns = row.AsSpan(0, (int)tensor.ColumnCount);
            for (long i = 0; i < tensor.RowCount; i++)
            {
                copy(i, columns);
                SafetensorsType.Write(_stream, columns);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(row);
        }
    }

    /// <summary>Checks that every declared tensor was written.</summary>
    public void Complete()
    {
        if (_written < _tensors.Count)
        {
            throw new InvalidOperationException($"tensor {_tensors[_written].Name} was declared and not written");
        }
    }

    private SafetensorsShape Take(string name)
    {
        if (_written == _tensors.Count || _tensors[_written].Name != name)
        {
            string next = _written == _tensors.Count ? "none" : _tensors[_written].Name;
            throw new InvalidOperationException($"tensor {name} is out of order: the next declared tensor is {next}");
        }

        return _tensors[_written++];
    }

    private static void WriteHeader(Utf8JsonWriter json, IReadOnlyList<SafetensorsShape> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        json.WriteStartObject();
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata) json.WriteString(key, value);
            json.WriteEndObject();
        }

        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        long offset = 0;
        foreach (SafetensorsShape tensor in tensors)
        {
            if (!names.Add(tensor.Name)) throw new ArgumentException($"tensor name {tensor.Name} is taken", nameof(tensors));
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", "F32");
            json.WriteStartArray("shape");
            foreach (long dimension in tensor.Dimensions) json.WriteNumberValue(dimension);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            offset = checked(offset + (SafetensorsShape.Product(tensor.Dimensions) * sizeof(float)));
            json.WriteNumberValue(offset);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
