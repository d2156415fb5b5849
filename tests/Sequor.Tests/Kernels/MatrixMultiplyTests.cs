using System.Runtime.Intrinsics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public unsafe class MatrixMultiplyTests
{
    private delegate void Multiply(float* a, nint aRow, nint aDepth, float* b, nint ldb, float* c, nint ldc, int m, int k, int n, bool accumulate);

    [Fact]
    public void Every_small_size_equals_the_naive_product_at_every_width()
    {
        for (int n = 4; n <= 116; n += 4)
        {
            Compare(MatrixMultiply.Run, n, "the process's width");
            Compare(MatrixMultiply.Run<Vector128<float>, Simd128>, n, "128 bits");
            if (Simd.Width >= 8 && n % 8 == 0) Compare(MatrixMultiply.Run<Vector256<float>, Simd256>, n, "256 bits");
            if (Simd.Width == 16 && n % 16 == 0) Compare(MatrixMultiply.Run<Vector512<float>, Simd512>, n, "512 bits");
        }
    }

    // All numbers of rows that tile differently, with depths from none on, plain and transposed, set and added.
    private static void Compare(Multiply multiply, int n, string width)
    {
        var random = new Random(n);
        for (int m = 1; m <= 19; m++)
            foreach (int k in (ReadOnlySpan<int>)[0, 1, 2, 5, 17])
                for (int variant = 0; variant < 4; variant++)
                {
                    bool transposed = (variant & 1) != 0, accumulate = (variant & 2) != 0;
                    int lda = (transposed ? m : k) + 3, ldb = n + 4, ldc = n + 8;
                    using Floats a = Floats.Random(random, lda * Math.Max(transposed ? k : m, 1)), b = Floats.Random(random, ldb * Math.Max(k, 1)), c = Floats.Random(random, ldc * m);
                    float[] before = c.Span.ToArray();
                    nint aRow = transposed ? 1 : lda, aDepth = transposed ? lda : 1;
                    multiply(a.Pointer, aRow, aDepth, b.Pointer, ldb, c.Pointer, ldc, m, k, n, accumulate);
                    for (int i = 0; i < m; i++)
                        for (int j = 0; j < ldc; j++)
                        {
                            double sum = j >= n || accumulate ? before[i * ldc + j] : 0;
                            if (j < n)
                                for (int p = 0; p < k; p++) sum += (double)a.Pointer[i * aRow + p * aDepth] * b.Pointer[p * ldb + j];
                            if (Math.Abs(sum - c.Pointer[i * ldc + j]) > 3e-6) Assert.Fail($"{width}: {m} x {k} x {n}, transposed {transposed}, accumulate {accumulate}: C[{i}, {j}] = {c.Pointer[i * ldc + j]}, expected {sum}");
                        }
                    Assert.True(c.Intact, $"{width}: {m} x {k} x {n} wrote behind C");
                }
    }
}
