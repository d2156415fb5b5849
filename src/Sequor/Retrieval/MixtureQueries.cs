using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>Vectors for scans, made of a mixture's query rows.</summary>
internal sealed unsafe class MixtureQueries(MixtureLayout layout) : IDisposable
{
    private NativeBuffer _memory = new(0);

    /// <summary>The components of all queries, those of a query one behind the other (n · P_Q, D_P).</summary>
    internal Matrix Components(Matrix queries)
    {
        int size = layout.QueryGate;
        Reserve((long)queries.Rows * size);
        for (int q = 0; q < queries.Rows; q++) new ReadOnlySpan<float>(queries.Row(q), size).CopyTo(new Span<float>(_memory.Pointer + (long)q * size, size));
        return new Matrix(_memory.Pointer, null, queries.Rows * layout.QueryGroups, layout.Dim);
    }

    /// <summary>The sum of each query's components (n, D_P).</summary>
    internal Matrix Sums(Matrix queries)
    {
        Reserve((long)queries.Rows * layout.Stride);
        var sums = new Matrix(_memory.Pointer, null, queries.Rows, layout.Dim);
        for (int q = 0; q < queries.Rows; q++)
            for (int c = 0; c < layout.Stride; c++)
            {
                float sum = 0;
                for (int p = 0; p < layout.QueryGroups; p++) sum += queries.Row(q)[p * layout.Stride + c];
                sums.Row(q)[c] = sum;
            }
        return sums;
    }

    public void Dispose() => _memory.Dispose();

    private void Reserve(long floats)
    {
        if (_memory.Length >= floats) return;
        _memory.Dispose();
        _memory = new NativeBuffer(floats);
    }
}
