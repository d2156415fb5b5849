using System.Globalization;
using System.Text;

namespace Sequor.Server.Models;

/// <summary>What the files of a directory look like from outside: their names, lengths and times. Two looks that agree are a directory at rest.</summary>
internal static class DirectoryStamp
{
    /// <summary>The stamp; null while the directory cannot be read.</summary>
    internal static string? Of(string directory)
    {
        try
        {
            var stamp = new StringBuilder();
            foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
                stamp.Append(CultureInfo.InvariantCulture, $"{file.Name}/{file.Length}/{file.LastWriteTimeUtc.Ticks}\n");
            return stamp.ToString();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
