using System.Text;

namespace Sequor.Server.Users;

/// <summary>
/// The file beside the histories that one process holds while it has them. It says which opening of the file the log beside it belongs to, so that
/// a log is not read into another file.
/// </summary>
internal sealed class HistoryLock : IDisposable
{
    // EWOULDBLOCK of Linux and of macOS, the sharing and the lock violation of Windows.
    private static readonly int[] s_held = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private readonly FileStream _file;
    private readonly bool _isNew;

    private HistoryLock(FileStream file, bool isNew) => (_file, _isNew) = (file, isNew);

    /// <summary>Takes the lock of a file of histories.</summary>
    /// <exception cref="InvalidInputException">Another process has it, or the folder cannot be written.</exception>
    internal static HistoryLock Take(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            bool isNew = !File.Exists(path + "-lock");
            return new HistoryLock(new FileStream(path + "-lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), isNew);
        }
        catch (IOException error) when (s_held.Contains(error.HResult))
        {
            throw new InvalidInputException($"{path} is in use by another process (another `sequor serve`?); end that process, or name another file", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"the folder of {path} cannot be written: {error.Message.TrimEnd('.')}; check its permissions, or name another file", error);
        }
    }

    /// <summary>Marks of the openings that a log beside the file may belong to; none if it was never opened.</summary>
    internal string[] Read()
    {
        _file.Position = 0;
        using var reader = new StreamReader(_file, Encoding.UTF8, leaveOpen: true);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Writes down marks in place of those before; on return they are on disk.</summary>
    internal void Write(params IEnumerable<string> marks)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Join('\n', marks));
        _file.Position = 0;
        _file.Write(text);
        _file.SetLength(text.Length);
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Gives it back after a start that failed: what was not there before is not there behind it.</summary>
    internal void CallOff()
    {
        string name = _file.Name;
        bool leave = !_isNew || _file.Length > 0;
        Dispose();
        if (!leave) File.Delete(name);
    }

    public void Dispose() => _file.Dispose();
}
