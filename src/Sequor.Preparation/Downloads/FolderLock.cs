namespace Sequor.Preparation.Downloads;

/// <summary>Keeps other processes out of a folder of the cache; the system lets go of it when a process ends, however it ends.</summary>
internal sealed class FolderLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly FileStream stream;

    private FolderLock(FileStream stream) => this.stream = stream;

    /// <summary>Waits until the folder is free; it is created when missing.</summary>
    public static FolderLock Take(string folder, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, ".lock");
        while (true)
        {
            try
            {
                return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (File.Exists(path))
            {
                progress?.Report(new PreparationProgress("waiting for another process", 0, null));
                cancellationToken.WaitHandle.WaitOne(Pause);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    // The file stays: who waits for it may have opened it already.
    public void Dispose() => stream.Dispose();
}
