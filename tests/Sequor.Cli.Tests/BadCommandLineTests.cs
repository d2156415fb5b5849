using Xunit;

namespace Sequor.Cli.Tests;

public sealed class BadCommandLineTests
{
    [Theory]
    [InlineData("Unrecognized command or argument 'trian'", "trian")]
    [InlineData("Option '--out' is required", "prepare", "synthetic")]
    [InlineData("Must be one of: 'reference' 'validation'", "train", "a.gin", "--data", "d", "--out", "o", "--protocol", "both")]
    [InlineData("--threads 0 must be a whole number from 1", "train", "a.gin", "--data", "d", "--out", "o", "--threads", "0")]
    [InlineData("--users many must be a whole number", "prepare", "synthetic", "--out", "o", "--users", "many")]
    [InlineData("name one experiment file", "train", "--data", "d", "--out", "o")]
    [InlineData("name one experiment file", "train", "a.gin", "--gin_config_file", "b.gin", "--data", "d", "--out", "o")]
    [InlineData("--user ID or with --history", "recommend", "run")]
    [InlineData("--user ID or with --history", "recommend", "run", "--data", "d", "--user", "1", "--history", "2")]
    [InlineData("add --data STORE", "recommend", "run", "--user", "1")]
    [InlineData("--at needs a history with times", "recommend", "run", "--history", "1", "--at", "2001-01-31")]
    [InlineData("-k 99999999999 must be a whole number from 1 to 2147483647", "recommend", "run", "--history", "1", "-k", "99999999999")]
    [InlineData("a value on the command line is empty", "prepare", "synthetic", "--out", "")]
    [InlineData("Required argument missing for option: '--out'", "prepare", "synthetic", "--out=")]
    [InlineData("a value on the command line is empty", "export", "", "--out", "a.csv")]
    [InlineData("Must be one of: 'sasrec'", "export", "d", "--out", "o", "--format", "xlsx")]
    public void A_bad_command_line_is_one_line(string expected, params string[] arguments) =>
        Assert.Contains(expected, Tool.Refused(arguments), StringComparison.Ordinal);

    [Fact]
    public void Two_mistakes_are_two_lines()
    {
        Tool run = Tool.Run("export", "store", "--nonsense", "--out", "o", "--more");
        Assert.Equal(2, run.ExitCode);
        Assert.Equal(2, run.Error.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public void An_option_that_the_source_would_not_read_is_refused()
    {
        using var folder = new TemporaryFolder();
        string line = Tool.Refused("prepare", "synthetic", "--user", "userId", "--out", folder.File("a.sequor"));
        Assert.Equal("--user does not apply to synthetic; leave it out, or see `sequor prepare --help`", line);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void An_id_may_begin_with_an_at_sign()
    {
        using var folder = new TemporaryFolder();
        string line = Tool.Refused("recommend", folder.File("run"), "--history", "@2");
        Assert.DoesNotContain("response file", line, StringComparison.OrdinalIgnoreCase);
    }
}
