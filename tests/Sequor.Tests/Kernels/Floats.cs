using Sequor.Kernels;

namespace Sequor.Tests.Kernels;

/// <summary>Native floats of a test: random values, and a check that nothing wrote past the end.</summary>
internal sealed unsafe class Floats : IDisposable
{
    // A kernel may read a register's width past its operands, never write there.
    private const int Guard = 64;
    private const float Mark = 12345.5f;
    private readonly NativeBuffer _buffer;

    internal Floats(int length)
    {
        Length = length;
        _buffer = new NativeBuffer(length + Guard);
        new Span<float>(Pointer + length, Guard).Fill(Mark);
    }

    internal int Length { get; }

    internal float* Pointer => _buffer.Pointer;

    internal Span<float> Span => new(Pointer, Length);

    internal bool Intact => !new Span<float>(Pointer + Length, Guard).ContainsAnyExcept(Mark);

    internal static Floats Random(Random random, int length, float scale = 1)
    {
        var floats = new Floats(length);
        foreach (ref float value in floats.Span) value = (float)((random.NextDouble() * 2 - 1) * scale);
        return floats;
    }

    internal static Floats Filled(int length, float value)
    {
        var floats = new Floats(length);
        floats.Span.Fill(value);
        return floats;
    }

    public void Dispose() => _buffer.Dispose();
}
