using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Sequor.Artifacts;

/// <summary>
/// Receives row <paramref name="row"/> of a tensor; <paramref name="values"/> is as wide as a row and valid during the call.
/// </summary>
public delegate void RowReceiver(long row, ReadOnlySpan<float> values);

/// <summary>
/// Reads a safetensors file (github.com/huggingface/safetensors) as float32. The header is checked against the length of the file before
/// anything is allocated; numbers are read only when asked for.
/// </summary>
public sealed class SafetensorsReader : IWeightSource
{
    /// <summary>Metadata under which the epoch of the weights stands, where Sequor wrote the file.</summary>
    internal const string EpochKey = "sequor.epoch";

    private const long LargestHeader = 100_000_000;
    private const int ChunkElements = 1 << 14;

    private readonly SafeFileHandle _file;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsTensor> _tensors;

    private SafetensorsReader(SafeFileHandle file, string path)
    {
        _file = file;
        Path = path;
        long length = RandomAccess.GetLength(file);
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        if (length < prefix.Length)
        {
            throw new InvalidInputException($"{path} has {length} bytes: a safetensors file has at least 8; copy it again");
        }

        Fill(prefix, 0);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > LargestHeader)
        {
            throw new InvalidInputException($"{path} says its header has {headerLength} bytes; at most {LargestHeader} are read: is it a safetensors file?");
        }

        _dataStart = prefix.Length + (long)headerLength;
        if (_dataStart > length)
        {
            throw new InvalidInputException($"{path} has {length} bytes, its header alone needs {_dataStart}: the file is cut short; copy it again");
        }

        byte[] header = new byte[headerLength];
        Fill(header, prefix.Length);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        List<SafetensorsTensor> tensors = SafetensorsHeader.Read(header, length - _dataStart, path, metadata);
        _tensors = tensors.ToDictionary(tensor => tensor.Shape.Name, StringComparer.Ordinal);
        Tensors = [.. tensors.Select(tensor => tensor.Shape)];
        Metadata = metadata;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public int? Epoch => Metadata.TryGetValue(EpochKey, out string? text) && int.TryParse(text, CultureInfo.InvariantCulture, out int epoch) ? epoch : null;

    /// <summary>Names and shapes, in the order of the file.</summary>
    public IReadOnlyList<SafetensorsShape> Tensors { get; }

    /// <summary>The texts that the writer attached.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="InvalidInputException">The file cannot be opened, is damaged, or is of another format.</exception>
    public static SafetensorsReader Open(string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path);
            return new SafetensorsReader(file, path);
        }
        catch (Exception error)
        {
            file?.Dispose();
            if (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
            {
                throw new InvalidInputException($"{path} cannot be read: {error.Message}", error);
            }

            throw;
        }
    }

    /// <summary>Reads a tensor into rows that start <paramref name="stride"/> floats apart (default: no gap between rows).</summary>
    /// <exception cref="InvalidInputException">The tensor is missing, or of a type that float32 cannot stand for.</exception>
    public void Read(string name, Span<float> destination, int? stride = null)
    {
        SafetensorsTensor tensor = Find(name);
        long columns = tensor.Shape.ColumnCount, step = stride ?? columns;
        ArgumentOutOfRangeException.ThrowIfLessThan(step, columns, nameof(stride));
        long needed = tensor.Shape.RowCount == 0 ? 0 : ((tensor.Shape.RowCount - 1) * step) + columns;
        if (destination.Length < needed || (stride is null && destination.Length != needed))
        {
            throw new ArgumentException($"{name} needs {needed} floats, {destination.Length} are offered", nameof(destination));
        }

        if (step == columns) ReadElements(tensor, 0, destination[..(int)needed]);
        else for (long row = 0; row < tensor.Shape.RowCount; row++) ReadElements(tensor, row * columns, destination.Slice((int)(row * step), (int)columns));
    }

    /// <summary>Reads a tensor row by row, for matrices larger than a span.</summary>
    /// <exception cref="InvalidInputException">The tensor is missing, or of a type that float32 cannot stand for.</exception>
    public void Read(string name, RowReceiver receive)
    {
        SafetensorsTensor tensor = Find(name);
        // Without rows there are no bytes that could justify the width.
        if (tensor.Shape.RowCount == 0) return;
        float[] buffer = ArrayPool<float>.Shared.Rent(checked((int)tensor.Shape.ColumnCount));
        try
        {
            Span<float> row = buffer.AsSpan(0, (int)tensor.Shape.ColumnCount);
            for (long i = 0; i < tensor.Shape.RowCount; i++)
            {
                ReadElements(tensor, i * row.Length, row);
                receive(i, row);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private SafetensorsTensor Find(string name)
    {
        if (!_tensors.TryGetValue(name, out SafetensorsTensor? tensor))
        {
            throw new InvalidInputException($"{Path} has no tensor {name}; it has {string.Join(", ", _tensors.Keys.Take(8))}{(_tensors.Count > 8 ? ", …" : "")}");
        }

        return SafetensorsType.IsReadable(tensor.Type)
            ? tensor
            : throw new InvalidInputException($"{Path}: tensor {name} is of dtype {tensor.Type}; float32 is read from {SafetensorsType.Readable}");
    }

    private void ReadElements(SafetensorsTensor tensor, long first, Span<float> destination)
    {
        int size = SafetensorsType.SizeOf(tensor.Type);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Min(destination.Length, ChunkElements) * size);
        try
        {
            long position = _dataStart + tensor.Begin + (first * size);
            while (destination.Length > 0)
            {
                Span<float> chunk = destination[..Math.Min(destination.Length, ChunkElements)];
                Span<byte> source = bytes.AsSpan(0, chunk.Length * size);
                Fill(source, position);
                SafetensorsType.ToFloat(tensor.Type, source, chunk);
                position += source.Length;
                destination = destination[chunk.Length..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Fill(Span<byte> destination, long position)
    {
        while (destination.Length > 0)
        {
            int count = RandomAccess.Read(_file, destination, position);
            if (count == 0) throw new InvalidInputException($"{Path} ended while it was read: another program may have replaced it");
            destination = destination[count..];
            position += count;
        }
    }
}
