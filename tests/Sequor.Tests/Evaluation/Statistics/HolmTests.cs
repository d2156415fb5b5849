using Sequor.Evaluation.Statistics;
using Xunit;

namespace Sequor.Tests.Evaluation.Statistics;

public sealed class HolmTests
{
    [Fact]
    public void Four_values_become_what_they_do_by_hand()
    {
        // Sorted .005, .01, .03, .04 times 4, 3, 2, 1: .02, .03, .06, and .04, which may not fall below what stands before it.
        double[] adjusted = Holm.Adjust([0.01, 0.04, 0.03, 0.005]);
        Assert.Equal([0.03, 0.06, 0.06, 0.02], adjusted.Select(p => Math.Round(p, 12)));
    }

    [Fact]
    public void One_value_stays_and_none_exceeds_one()
    {
        Assert.Equal([0.04], Holm.Adjust([0.04]));
        Assert.Equal([1.0, 1.0], Holm.Adjust([0.7, 0.6]));
        Assert.Empty(Holm.Adjust([]));
    }
}
