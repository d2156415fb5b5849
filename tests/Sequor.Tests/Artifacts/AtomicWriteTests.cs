using Sequor.Storage;
using Xunit;

namespace Sequor.Tests.Artifacts;

public sealed class AtomicWriteTests : IDisposable
{
    private readonly TemporaryFolder _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_replaces_its_target_only_when_it_is_committed()
    {
        File.WriteAllText(_directory.File("a"), "old");
        using (AtomicFile file = AtomicFile.Create(_directory.File("a")))
        {
            file.Stream.Write("new"u8);
            file.Stream.Flush();
            Assert.Equal("old", File.ReadAllText(_directory.File("a")));
        }

        Assert.Equal("old", File.ReadAllText(_directory.File("a")));
        Assert.Equal(["a"], _directory.Names);
        AtomicFile.Write(_directory.File("a"), stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(_directory.File("a")));
        Assert.Equal(["a"], _directory.Names);
    }

    [Fact]
    public void A_file_whose_writer_fails_leaves_no_trace()
    {
        Assert.Throws<FormatException>(() => AtomicFile.Write(_directory.File("a"), _ => throw new FormatException()));
        Assert.Empty(_directory.Names);
    }

    [Fact]
    public void A_bare_name_is_written_in_the_current_folder()
    {
        string name = $"{Guid.NewGuid():N}.txt";
        try
        {
            AtomicFile.Write(name, stream => stream.WriteByte((byte)'x'));
            Assert.Equal("x", File.ReadAllText(Path.Combine(Directory.GetCurrentDirectory(), name)));
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public void A_full_disk_ends_in_a_message_with_the_path_and_the_reason_of_the_system()
    {
        string message = Assert.Throws<InvalidInputException>(() => AtomicFile.Write(_directory.File("a"), _ => throw new IOException("No space left on device"))).Message;
        Assert.Equal($"{_directory.File("a")} cannot be written: No space left on device; choose another output or free the folder", message);
        Assert.Empty(_directory.Names);
    }

    [Fact]
    public void A_file_in_the_place_of_a_directory_is_refused()
    {
        File.WriteAllText(_directory.File("file"), "");
        Assert.Contains("cannot be written", Assert.Throws<InvalidInputException>(() => AtomicFile.Create(_directory.File("file/below"))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => AtomicDirectory.Create(_directory.File("file"), "marker"));
    }

    [Fact]
    public void A_link_stays_a_link_to_the_file_that_is_replaced()
    {
        File.WriteAllText(_directory.File("real"), "old");
        File.CreateSymbolicLink(_directory.File("link"), _directory.File("real"));
        AtomicFile.Write(_directory.File("link"), stream => stream.Write("new"u8));
        Assert.NotNull(new FileInfo(_directory.File("link")).LinkTarget);
        Assert.Equal("new", File.ReadAllText(_directory.File("real")));
    }

    [Fact]
    public void A_directory_replaces_its_target_only_when_it_is_committed()
    {
        WriteGeneration("old");
        using (AtomicDirectory directory = AtomicDirectory.Create(_directory.File("d"), "marker"))
        {
            File.WriteAllText(Path.Combine(directory.FilesPath, "marker"), "half");
        }

        Assert.Equal("old", File.ReadAllText(_directory.File("d/marker")));
        Assert.Equal(["d"], _directory.Names);
        File.WriteAllText(_directory.File("d/left"), "");
        WriteGeneration("new");
        Assert.Equal("new", File.ReadAllText(_directory.File("d/marker")));
        Assert.False(File.Exists(_directory.File("d/left")));
        Assert.Equal("nested", File.ReadAllText(_directory.File("d/sub/file")));
        Assert.Equal(["d"], _directory.Names);
    }

    [Fact]
    public void A_directory_of_another_kind_is_never_replaced()
    {
        Directory.CreateDirectory(_directory.File("d"));
        File.WriteAllText(_directory.File("d/thesis.txt"), "precious");
        string message = Assert.Throws<InvalidInputException>(() => AtomicDirectory.Create(_directory.File("d"), "marker")).Message;
        Assert.Equal($"{_directory.File("d")} cannot be written: the directory has other content and no marker; choose another output or free the folder", message);
        Assert.Equal("precious", File.ReadAllText(_directory.File("d/thesis.txt")));
    }

    private void WriteGeneration(string text) => AtomicDirectory.Write(_directory.File("d"), "marker", path =>
    {
        File.WriteAllText(Path.Combine(path, "marker"), text);
        Directory.CreateDirectory(Path.Combine(path, "sub"));
        File.WriteAllText(Path.Combine(path, "sub", "file"), "nested");
    });
}
