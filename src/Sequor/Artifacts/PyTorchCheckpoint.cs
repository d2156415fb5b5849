using System.Buffers;

namespace Sequor.Artifacts;

/// <summary>
/// A checkpoint that <c>torch.save</c> wrote (the zip format of PyTorch 1.6 and later): the reference's
/// <c>{epoch, model_state_dict, optimizer_state_dict}</c>, or a state dict alone. It is read as data, nothing in it is run; numbers are
/// read only when asked for, the optimiser's never.
/// </summary>
public sealed class PyTorchCheckpoint : IWeightSource
{
    private const string StateKey = "model_state_dict";
    // What torch's DistributedDataParallel puts before every name.
    private const string WrapperPrefix = "module.";

    private readonly PyTorchArchive _archive;
    private readonly Dictionary<string, PyTorchTensor> _tensors;

    private PyTorchCheckpoint(Stream stream, string path)
    {
        Path = path;
        _archive = new PyTorchArchive(stream, path);
        if (PyTorchPickle.Load(_archive.Pickle(), path) is not Dictionary<string, object?> root)
            throw new InvalidInputException($"{path} holds something other than a dictionary; save the model's state_dict()");
        if (root.GetValueOrDefault("epoch") is long and >= 0 and <= int.MaxValue and var epoch) Epoch = (int)epoch;
        _tensors = State(root, path);
        foreach (PyTorchTensor tensor in _tensors.Values) _archive.Require(tensor.Storage);
        Tensors = [.. _tensors.Select(tensor => new SafetensorsShape(tensor.Key, tensor.Value.Shape))];
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>Names (without the prefix <c>module.</c>) and shapes of the model's state.</summary>
    public IReadOnlyList<SafetensorsShape> Tensors { get; }

    /// <inheritdoc/>
    public int? Epoch { get; }

    /// <summary>Whether the file begins like one that <c>torch.save</c> wrote, today or before PyTorch 1.6.</summary>
    /// <exception cref="InvalidInputException">The file cannot be opened.</exception>
    public static bool Recognises(string path) => Guarded(path, () =>
    {
        using FileStream file = File.OpenRead(path);
        return FirstBytes(file) is [(byte)'P', (byte)'K'] or [(byte)PickleOpcode.Proto, _];
    });

    /// <summary>Opens a checkpoint and checks what it says against the bytes that are there.</summary>
    /// <exception cref="InvalidInputException">The file cannot be opened, is damaged, of another format, or asks for something to be run.</exception>
    public static PyTorchCheckpoint Open(string path) => Guarded(path, () => Open(File.OpenRead(path), path));

    /// <summary>Opens a checkpoint in a stream, which is closed with it.</summary>
    internal static PyTorchCheckpoint Open(Stream stream, string path) => Guarded(path, () =>
    {
        try
        {
            if (FirstBytes(stream) is [(byte)PickleOpcode.Proto, _])
                throw new InvalidInputException($"{path} is in the format of PyTorch before 1.6; in Python, torch.save(torch.load(\"{path}\", map_location=\"cpu\"), \"new.pt\") with a newer one converts it");
            stream.Position = 0;
            return new PyTorchCheckpoint(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    });

    /// <inheritdoc/>
    public void Read(string name, RowReceiver receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        if (!_tensors.TryGetValue(name, out PyTorchTensor? tensor)) throw new InvalidInputException($"{Path} has no tensor {name}");
        if (!SafetensorsType.IsReadable(tensor.Storage.Type))
            throw new InvalidInputException($"{Path}: tensor {name} is of dtype {tensor.Storage.Type}; float32 is read from {SafetensorsType.Readable}");
        var shape = new SafetensorsShape(name, tensor.Shape);
        if (shape.RowCount == 0) return;
        Guarded(Path, () =>
        {
            using Stream stream = _archive.Open(tensor.Storage);
            Skip(stream, tensor.Offset * tensor.Storage.ElementSize);
            Read(stream, tensor, shape, receive);
            return true;
        });
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _archive.Dispose();

    private static Dictionary<string, PyTorchTensor> State(Dictionary<string, object?> root, string path)
    {
        Dictionary<string, object?> state = root.GetValueOrDefault(StateKey) as Dictionary<string, object?> ?? root;
        if (state.Count == 0 || (state == root && !root.Values.Any(value => value is PyTorchTensor)))
            throw new InvalidInputException($"{path} has neither {StateKey} nor tensors of its own; its keys are {TextList.Of(root.Keys)}; save {{\"epoch\": …, \"{StateKey}\": model.state_dict()}}");
        string[] others = [.. state.Where(entry => entry.Value is not PyTorchTensor).Select(entry => entry.Key)];
        if (others.Length > 0) throw new InvalidInputException($"{path} holds {TextList.Of(others)} among its weights, which are no tensors; save the model's state_dict() alone");
        int prefix = state.Keys.All(name => name.StartsWith(WrapperPrefix, StringComparison.Ordinal)) ? WrapperPrefix.Length : 0;
        return state.ToDictionary(entry => entry.Key[prefix..], entry => (PyTorchTensor)entry.Value!, StringComparer.Ordinal);
    }

    private static void Read(Stream stream, PyTorchTensor tensor, SafetensorsShape shape, RowReceiver receive)
    {
        int columns = checked((int)shape.ColumnCount), size = tensor.Storage.ElementSize;
        float[] values = ArrayPool<float>.Shared.Rent(columns);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(checked(columns * size));
        try
        {
            Span<byte> row = bytes.AsSpan(0, columns * size);
            PyTorchStrides? view = tensor.IsContiguous ? null : new PyTorchStrides(tensor, stream);
            for (long i = 0; i < shape.RowCount; i++)
            {
                if (view is null) stream.ReadExactly(row);
                else view.CopyRow(i, row);
                SafetensorsType.ToFloat(tensor.Storage.Type, row, values.AsSpan(0, columns));
                receive(i, values.AsSpan(0, columns));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<float>.Shared.Return(values);
        }
    }

    // An entry of an archive cannot seek.
    private static void Skip(Stream stream, long count)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(1 << 16);
        for (; count > 0; count -= Math.Min(count, bytes.Length)) stream.ReadExactly(bytes.AsSpan(0, (int)Math.Min(count, bytes.Length)));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private static byte[] FirstBytes(Stream stream)
    {
        byte[] bytes = new byte[2];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidInputException($"{path} is not a whole zip archive of torch.save: {error.Message.TrimEnd('.')}; copy it again", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException($"{path} cannot be read: {error.Message.TrimEnd('.')}", error);
        }
    }
}
