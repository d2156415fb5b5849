namespace Sequor.Kernels;

/// <summary>Working memory of the current thread; grows to the largest request and stays. Its content is undefined.</summary>
internal static unsafe class Scratch
{
    [ThreadStatic] private static NativeBuffer? s_buffer;

    /// <summary>At least <paramref name="length"/> floats, valid until the next call on this thread.</summary>
    internal static float* Take(long length)
    {
        if (s_buffer is null || s_buffer.Length < length)
        {
            s_buffer?.Dispose();
            s_buffer = new NativeBuffer(length + (length >> 2));
        }
        return s_buffer.Pointer;
    }
}
