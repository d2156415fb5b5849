using Xunit;

namespace Sequor.Tests;

public sealed class InvalidInputTests
{
    [Fact]
    public void What_a_terminal_would_obey_is_shown()
    {
        Assert.Equal("a\uFFFD[31mb\uFFFDc\td\ne", new InvalidInputException("a\u001b[31mb\u0007c\td\ne").Message);
        Assert.Equal("\uFFFDx", new InvalidInputException("\u009bx", new IOException()).Message);
    }

    [Fact]
    public void A_message_keeps_its_beginning_and_its_place_however_much_it_quotes()
    {
        string message = new InvalidInputException($"'{new string('x', 1_000_000)}' must be an item (movies.dat:7)").Message;
        Assert.InRange(message.Length, 1_000, 4_100);
        Assert.StartsWith("'xxx", message, StringComparison.Ordinal);
        Assert.EndsWith("must be an item (movies.dat:7)", message, StringComparison.Ordinal);
    }
}
