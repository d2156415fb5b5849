using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public class ExpectedWidthTests
{
    internal const string Variable = "SEQUOR_EXPECTED_WIDTH";

    // WidthTests runs this in processes whose registers the runtime has narrowed.
    [Fact]
    public void The_process_has_the_width_that_its_starter_expects()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } expected) Assert.Equal(expected, Simd.Width.ToString());
        else Assert.True(Simd.Width is 4 or 8 or 16);
    }
}
