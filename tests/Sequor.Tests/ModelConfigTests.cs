using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests;

public class ModelConfigTests
{
    [Fact]
    public void The_window_has_a_column_for_the_target_and_the_spare_outputs() =>
        Assert.Equal(211, new ModelConfig { MaxSequenceLength = 200, OutputLength = 10 }.Window);
}
