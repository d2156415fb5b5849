using Sequor.Serving;
using Xunit;

namespace Sequor.Tests.Serving;

public sealed class SessionWindowTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(50)]
    [InlineData(200)]
    public void The_window_is_full_but_for_a_sixteenth_never_longer_than_was_learned_and_moves_in_steps(int length)
    {
        int step = SessionWindow.Step(length), before = 0, moves = 0;
        for (int events = 0; events <= 5 * length; events++)
        {
            int first = SessionWindow.First(events, length), seen = events - first;
            Assert.InRange(seen, Math.Min(events, length - step + 1), length);
            if (first != before)
            {
                Assert.Equal(before + step, first);
                moves++;
            }
            before = first;
        }
        Assert.Equal((4 * length + step - 1) / step, moves);
    }
}
