namespace Sequor.Training.Checkpoints;

/// <summary>
/// Keeps other processes out of the folder of a run. The lock is the system's (<c>flock</c>), not the file's: it ends with the process, however that
/// ends, and a file that was left behind locks nobody out.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Locks a folder.</summary>
    /// <exception cref="InvalidInputException">Another process writes there.</exception>
    /// <exception cref="IOException">The system refuses.</exception>
    internal static RunLock Take(string run)
    {
        string path = Path.Combine(run, ".lock");
        try
        {
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new InvalidInputException($"{run} is in use by another process; wait until it is done, or end it");
        }
    }

    /// <summary>Lets others in.</summary>
    public void Dispose() => _file.Dispose();
}
