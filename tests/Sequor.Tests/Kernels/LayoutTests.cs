using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public unsafe class LayoutTests
{
    [Fact]
    public void A_transpose_equals_the_naive_one_for_every_shape_and_touches_nothing_else()
    {
        var random = new Random(1);
        for (int rows = 1; rows < 40; rows++)
            for (int columns = 1; columns < 40; columns++)
            {
                int sourceStride = columns + 3, targetStride = rows + 9, padded = rows + rows % 8;
                using Floats source = Floats.Random(random, rows * sourceStride), target = Floats.Filled(columns * targetStride, 99);
                Layout.Transpose(source.Pointer, sourceStride, target.Pointer, targetStride, rows, columns, padded);
                for (int c = 0; c < columns; c++)
                    for (int r = 0; r < targetStride; r++)
                    {
                        float expected = r < rows ? source.Pointer[r * sourceStride + c] : r < padded ? 0 : 99;
                        Assert.True(expected == target.Pointer[c * targetStride + r], $"{rows} x {columns}: [{c}, {r}]");
                    }
                Assert.True(target.Intact);
            }
    }
}
