using Xunit;

namespace Sequor.Cli.Tests;

public sealed class BadOutputTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string store;
    private readonly string config;

    public BadOutputTests()
    {
        store = Tool.Store(folder);
        config = folder.Write("tiny.gin", "train_fn.num_epochs = 1\n");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_store_below_a_missing_folder_is_refused() =>
        Assert.Contains("does not exist", Leaves("prepare", "synthetic", "--out", Path.Combine(folder.Path, "missing", "a.sequor")), StringComparison.Ordinal);

    [Fact]
    public void A_store_below_a_file_is_refused() => Leaves("prepare", "synthetic", "--out", Path.Combine(store, "a.sequor"));

    [Fact]
    public void A_store_in_place_of_a_folder_is_refused() =>
        Assert.Contains("is a folder", Leaves("prepare", "synthetic", "--out", folder.Path), StringComparison.Ordinal);

    [Fact]
    public void An_export_below_a_file_is_refused() => Leaves("export", store, "--out", Path.Combine(store, "a.csv"));

    [Fact]
    public void A_run_below_a_file_is_refused_before_the_training() =>
        Assert.Contains("is a file", Leaves("train", config, "--data", store, "--out", Path.Combine(store, "run")), StringComparison.Ordinal);

    [Fact]
    public void A_quickstart_below_a_file_is_refused() => Leaves("quickstart", "--out", Path.Combine(store, "demo"));

    [Theory]
    [InlineData("/dev/no-such-device")]
    [InlineData("/dev/fd/1")]
    public void A_device_is_not_replaced(string device)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no device files");
        Assert.Contains("is a device", Leaves("export", store, "--out", device), StringComparison.Ordinal);
        Assert.Contains("is a device", Leaves("prepare", "synthetic", "--out", device), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_below_the_output_is_one_line()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        using var full = new StreamWriter("/dev/full") { AutoFlush = true };
        using var error = new StringWriter();
        try
        {
            int exitCode = CommandLine.Run(["doctor"], new Terminal(full, error, isInteractive: false, TestContext.Current.CancellationToken));
            Assert.Equal(2, exitCode);
            Assert.Contains("No space left on device", error.ToString(), StringComparison.Ordinal);
            Assert.Single(error.ToString().TrimEnd('\n').Split('\n'));
        }
        finally
        {
            // The line that did not fit is tried again when the writer is disposed.
            try { full.Dispose(); } catch (IOException) { }
        }
    }

    [Fact]
    public void An_interruption_is_one_line_and_exit_code_130_and_leaves_nothing()
    {
        Tool run = Tool.RunUntil(["prepare", "synthetic", "--out", folder.File("b.sequor")], new CancellationToken(canceled: true));
        Assert.Equal(130, run.ExitCode);
        Assert.Equal("interrupted\n", run.Error);
        Assert.Equal(["small.sequor", "tiny.gin"], folder.Names);
    }

    private string Leaves(params string[] arguments)
    {
        string line = Tool.Refused(arguments);
        Assert.Equal(["small.sequor", "tiny.gin"], folder.Names);
        return line;
    }
}
