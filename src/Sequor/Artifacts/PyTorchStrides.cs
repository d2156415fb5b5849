namespace Sequor.Artifacts;

/// <summary>Rows of a tensor whose elements do not stand in order: its stretch of the storage is held in memory.</summary>
internal sealed class PyTorchStrides
{
    private readonly PyTorchTensor _tensor;
    private readonly byte[] _bytes;

    /// <summary>Takes the tensor's stretch from a stream that stands at its first element.</summary>
    public PyTorchStrides(PyTorchTensor tensor, Stream stream)
    {
        _tensor = tensor;
        long length = tensor.Extent * tensor.Storage.ElementSize;
        if (length > Array.MaxLength) throw new InvalidInputException($"a tensor's elements are strewn over {length} bytes; call contiguous() before saving it");
        _bytes = new byte[length];
        stream.ReadExactly(_bytes);
    }

    /// <summary>Copies row <paramref name="row"/>, whose elements become neighbours.</summary>
    public void CopyRow(long row, Span<byte> destination)
    {
        long first = 0;
        for (int d = _tensor.Shape.Length - 2; d >= 0; d--)
        {
            first += row % _tensor.Shape[d] * _tensor.Strides[d];
            row /= _tensor.Shape[d];
        }

        int size = _tensor.Storage.ElementSize;
        for (int column = 0; column * size < destination.Length; column++)
            _bytes.AsSpan((int)((first + (column * _tensor.Strides[^1])) * size), size).CopyTo(destination[(column * size)..]);
    }
}
