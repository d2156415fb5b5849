namespace Sequor.Cli;

/// <summary>How this program was started, so that a next command can be typed as it is shown.</summary>
internal static class Invocation
{
    private const string Project = "src/Sequor.Cli";

    /// <summary><c>sequor</c> for the installed tool; <c>dotnet run …</c> in the root of a checkout that it was built in.</summary>
    public static string Name =>
        Directory.Exists(Project) && AppContext.BaseDirectory.StartsWith(Directory.GetCurrentDirectory() + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? $"dotnet run -c Release --project {Project} --"
            : "sequor";
}
