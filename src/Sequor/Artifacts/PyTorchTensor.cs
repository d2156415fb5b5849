namespace Sequor.Artifacts;

/// <summary>A tensor as a view of a storage; it lies within it and has no more elements than it.</summary>
internal sealed class PyTorchTensor
{
    private const int MostDimensions = 16;

    private PyTorchTensor(PyTorchStorage storage, long offset, long[] shape, long[] strides, long extent)
    {
        Storage = storage;
        Offset = offset;
        Shape = shape;
        Strides = strides;
        Extent = extent;
    }

    public PyTorchStorage Storage { get; }

    /// <summary>The storage's element that is the tensor's first.</summary>
    public long Offset { get; }

    public long[] Shape { get; }

    /// <summary>Elements of the storage from one index to the next, for every dimension.</summary>
    public long[] Strides { get; }

    /// <summary>Elements of the storage from the first to the last, both counted.</summary>
    public long Extent { get; }

    /// <summary>Whether the elements stand in the order in which they are read.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int d = Shape.Length - 1; d >= 0; d--)
            {
                if (Shape[d] != 1 && Strides[d] != expected) return false;
                expected *= Shape[d];
            }

            return true;
        }
    }

    /// <summary>Reads (storage, offset, shape, strides, requires_grad, hooks, …); null when they do not describe a view of the storage.</summary>
    public static PyTorchTensor? FromArguments(object?[] arguments)
    {
        if (arguments is not [PyTorchStorage storage, long offset, object?[] sizes, object?[] steps, bool, ..]) return null;
        if (sizes.Length > MostDimensions || steps.Length != sizes.Length) return null;
        long[]? shape = Counts(sizes), strides = Counts(steps);
        if (shape is null || strides is null || offset < 0 || offset > storage.ElementCount) return null;
        // Sixteen factors of 63 bits overflow any integer; each is held against the storage before the next.
        Int128 elements = 1, extent = 1;
        bool isEmpty = Array.IndexOf(shape, 0) >= 0;
        for (int d = 0; d < shape.Length && !isEmpty; d++)
        {
            elements *= shape[d];
            extent += (Int128)(shape[d] - 1) * strides[d];
            if (elements > storage.ElementCount || extent > storage.ElementCount - offset) return null;
        }

        if (isEmpty) extent = 0;
        return extent > storage.ElementCount - offset ? null : new PyTorchTensor(storage, offset, shape, strides, (long)extent);
    }

    private static long[]? Counts(object?[] values)
    {
        var counts = new long[values.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            if (values[i] is not long count || count < 0) return null;
            counts[i] = count;
        }

        return counts;
    }
}
