using System.Runtime.Intrinsics;
using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>The catalogue's mixture rows, components and gate, an item behind the other, for methods that score candidates: X · item width floats.</summary>
internal sealed unsafe class MixtureRows : IDisposable
{
    // Rows a piece of work: a huge page is touched by one thread.
    private const int Run = 2048;
    private readonly NativeBuffer _memory;
    private readonly MixtureOfLogits _mixture;
    private readonly WorkerPool _workers;

    internal MixtureRows(MixtureItems items, WorkerPool workers)
    {
        _mixture = items.Mixture;
        _workers = workers;
        ItemCount = items.Count;
        _memory = new NativeBuffer((long)ItemCount * Layout.ItemWidth, clear: false);
        items.ForEachChunk(workers, (first, rows) =>
            workers.Run((rows.Rows + Run - 1) / Run, i =>
            {
                int start = i * Run, count = Math.Min(Run, rows.Rows - start);
                new ReadOnlySpan<float>(rows.Row(start), count * rows.Stride).CopyTo(new Span<float>(this[first + start + 1], count * rows.Stride));
            }));
    }

    internal int ItemCount { get; }

    internal long MemoryBytes => _memory.Length * sizeof(float);

    internal MixtureLayout Layout => _mixture.Layout;

    /// <summary>The model's gate, as it stands now.</summary>
    internal ref readonly MixtureGate Gate => ref _mixture.Gate;

    /// <summary>The row of an item, 1 … X.</summary>
    internal float* this[int item] => _memory.Pointer + (long)(item - 1) * Layout.ItemWidth;

    /// <summary>Length of the longest component of any item, rounded up; of those that are numbers.</summary>
    internal float LongestComponent()
    {
        float[] longest = new float[(ItemCount + Run - 1) / Run];
        _workers.Run(longest.Length, piece =>
        {
            for (int item = piece * Run + 1; item <= Math.Min(ItemCount, (piece + 1) * Run); item++)
                for (int x = 0; x < Layout.ItemGroups; x++)
                {
                    float length = Length(this[item] + x * Layout.Stride, Layout.Stride);
                    if (length > longest[piece]) longest[piece] = length;
                }
        });
        return longest.Max();
    }

    /// <summary>Length of a component, rounded up.</summary>
    internal static float Length(float* component, int stride)
    {
        float squares = Simd.Width switch
        {
            16 => RowKernels<Vector512<float>, Simd512>.Dot(component, component, stride),
            8 => RowKernels<Vector256<float>, Simd256>.Dot(component, component, stride),
            _ => RowKernels<Vector128<float>, Simd128>.Dot(component, component, stride),
        };
        return MathF.Sqrt(squares) * 1.001f;
    }

    public void Dispose() => _memory.Dispose();
}
