namespace Sequor.Storage;

/// <summary>What changes a disk, or makes a change durable.</summary>
internal enum DiskStep
{
    /// <summary>A file gets a name.</summary>
    Create,

    /// <summary>A line goes to the end of a file.</summary>
    Append,

    /// <summary>The content of a file becomes durable.</summary>
    Flush,

    /// <summary>The names in a directory become durable.</summary>
    FlushDirectory,

    /// <summary>A file or directory changes its name, in place of a file that has it.</summary>
    Rename,

    /// <summary>Two names are exchanged.</summary>
    Exchange,

    /// <summary>A file or a directory with all below it loses its name.</summary>
    Delete,
}

/// <summary>
/// Tells a test of every step before it is done, so that the test can end between any two of them, or refuse one as a full disk would.
/// </summary>
internal static class DiskSteps
{
    private static readonly AsyncLocal<Action<DiskStep, string, string?>?> s_watcher = new();

    /// <summary>Called with the step, its path and, for names, the other one; null outside of tests.</summary>
    internal static Action<DiskStep, string, string?>? Watcher
    {
        get => s_watcher.Value;
        set => s_watcher.Value = value;
    }

    internal static void Tell(DiskStep step, string path, string? other = null) => s_watcher.Value?.Invoke(step, path, other);
}
