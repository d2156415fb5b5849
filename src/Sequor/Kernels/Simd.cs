using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>The vector width of this process, chosen once.</summary>
public static class Simd
{
    /// <summary>
    /// Floats in a register: 16 (AVX-512), 8 (AVX2) or 4 (NEON, SSE, portable). The runtime's switches narrow it, for tests:
    /// <c>DOTNET_EnableAVX512=0</c>, <c>DOTNET_EnableAVX2=0</c>.
    /// </summary>
    public static int Width { get; } = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;

    /// <summary>The instruction set behind <see cref="Width"/>, for people.</summary>
    public static string Name => Width switch { 16 => "AVX-512", 8 => "AVX2", _ => "128-bit" };

    /// <summary>Floats that a matrix row is padded to: the widest register, so that a file of numbers means the same on every machine.</summary>
    internal const int RowAlignment = 16;

    /// <summary>Smallest multiple of <see cref="RowAlignment"/> that holds <paramref name="count"/> floats.</summary>
    internal static int Pad(int count) => (count + (RowAlignment - 1)) & -RowAlignment;
}
