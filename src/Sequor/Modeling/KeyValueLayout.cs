using Sequor.Kernels;

namespace Sequor.Modeling;

/// <summary>
/// What the blocks of an encoder read of earlier tokens: keys and values of heads, and values of channels that have no keys. A strip of rows
/// (<see cref="KeyStrips"/>) has block behind block its heads and then its channels' values.
/// </summary>
internal readonly record struct KeyValueLayout(int Blocks, int Heads, int QueryKeyDim, int ValueDim, int ChannelDim = 0)
{
    private int ValueWidth => KeyStrips.ValueWidth(ValueDim, Simd.Width);

    /// <summary>Floats a row of the heads of a block.</summary>
    internal int HeadFloats => Heads * (QueryKeyDim + ValueWidth);

    /// <summary>Floats a row of a block.</summary>
    internal int BlockFloats => HeadFloats + Simd.Pad(ChannelDim);

    /// <summary>Copies a strip of fewer rows into one of more: (blocks, …), of <paramref name="rows"/> and <paramref name="moreRows"/>.</summary>
    internal unsafe void Widen(float* strip, int rows, float* target, int moreRows)
    {
        for (int block = 0; block < Blocks; block++)
        {
            for (int head = 0; head < Heads; head++)
            {
                Copy(QueryKeyDim, rows, moreRows);
                Copy(1, rows * ValueWidth, moreRows * ValueWidth);
            }
            Copy(1, rows * Simd.Pad(ChannelDim), moreRows * Simd.Pad(ChannelDim));
        }

        void Copy(int count, int floats, int moreFloats)
        {
            for (int i = 0; i < count; i++, strip += floats, target += moreFloats)
                new ReadOnlySpan<float>(strip, floats).CopyTo(new Span<float>(target, moreFloats));
        }
    }
}
