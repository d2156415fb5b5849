namespace Sequor.Preparation.Downloads;

/// <summary>Where downloads are kept between runs.</summary>
internal static class CacheFolder
{
    /// <summary>
    /// The variable <c>SEQUOR_CACHE</c>, else <c>sequor</c> in the system's folder for caches: <c>XDG_CACHE_HOME</c> or <c>~/.cache</c>; the
    /// local application data on Windows.
    /// </summary>
    public static string Default()
    {
        if (Environment.GetEnvironmentVariable("SEQUOR_CACHE") is { Length: > 0 } chosen) return Path.GetFullPath(chosen);
        if (OperatingSystem.IsWindows()) return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "sequor");
        // A relative path there is to be ignored, says the standard that names the variable.
        string caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } folder && Path.IsPathRooted(folder)
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(caches, "sequor");
    }
}
