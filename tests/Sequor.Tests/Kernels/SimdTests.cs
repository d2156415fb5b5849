using System.Runtime.Intrinsics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public unsafe class SimdTests
{
    [Fact]
    public void Each_lane_sums_its_register_and_equal_ids_become_zero_at_every_width()
    {
        // The wider structs fall back to plain vector code: they run on any machine.
        Check<Vector128<float>, Simd128>();
        Check<Vector256<float>, Simd256>();
        Check<Vector512<float>, Simd512>();
    }

    private static void Check<V, S>() where V : struct where S : struct, ISimd<V>
    {
        int width = S.Count;
        using Floats registers = Floats.Random(new Random(2), width * width), result = new(width);
        S.Store(S.SumEach(registers.Pointer), result.Pointer);
        for (int r = 0; r < width; r++)
        {
            double sum = 0;
            for (int lane = 0; lane < width; lane++) sum += registers.Pointer[r * width + lane];
            Assert.Equal(sum, result.Pointer[r], 1e-5);
        }

        int* ids = stackalloc int[width];
        for (int lane = 0; lane < width; lane++) ids[lane] = lane % 3;
        S.Store(S.ZeroWhereEqual(S.Create(5f), ids, 2), result.Pointer);
        for (int lane = 0; lane < width; lane++) Assert.Equal(lane % 3 == 2 ? 0f : 5f, result.Pointer[lane]);
    }
}
