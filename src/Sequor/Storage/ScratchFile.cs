namespace Sequor.Storage;

/// <summary>Files for intermediate results.</summary>
public static class ScratchFile
{
    /// <summary>
    /// Opens an empty file in a folder. It has no name once it is open, where the system allows that, so that not even a killed process leaves
    /// it behind; elsewhere it goes away when it is closed.
    /// </summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public static FileStream Create(string folder, int bufferSize)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $".sequor-scratch.{Guid.NewGuid():N}.tmp");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, bufferSize, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows()) File.Delete(path);
        return file;
    }
}
