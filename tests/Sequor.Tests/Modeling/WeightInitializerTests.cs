using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests.Modeling;

public class WeightInitializerTests
{
    // Rows of 50 and 7: eights, what is left of them, and rows too short for any.
    [Theory]
    [InlineData(9000, 50)]
    [InlineData(300, 7)]
    public void Truncated_normals_have_the_bits_of_draws_one_by_one(int rows, int columns)
    {
        using var parameter = new Parameter("items", [rows, columns], isTable: true);
        new WeightInitializer(42).TruncatedNormal(parameter, 0.02);
        ulong name = 14695981039346656037;
        foreach (char c in parameter.Name) name = (name ^ c) * 1099511628211;
        var random = new CounterRandom(42, RandomPurpose.Initialization, name);
        for (int row = 0; row < rows; row++)
            for (int c = 0; c < columns; c++)
            {
                ulong at = (ulong)row * (ulong)columns + (ulong)c;
                double z = random.Normal(4 * at);
                for (ulong draw = 1; Math.Abs(z) >= 2 && draw < 4; draw++) z = random.Normal(4 * at + draw);
                if (Math.Abs(z) >= 2) z = random.Normal(4 * at);
                Assert.Equal((float)(0.02 * z), parameter.Value[row][c]);
            }
    }
}
