using DuckDB.NET.Data;

namespace Sequor.Cli;

/// <summary>Whether the native library of DuckDB loads on this machine.</summary>
internal static class DuckDbProbe
{
    /// <summary>The version of the library, or null and the reason why it does not load.</summary>
    public static string? Version(out string? failure)
    {
        failure = null;
        try
        {
            using var connection = new DuckDBConnection("DataSource=:memory:");
            connection.Open();
            return connection.ServerVersion;
        }
        catch (Exception error)
        {
            // Whatever stops it, a missing library or a refused one: the doctor reports, it does not fall ill.
            failure = error.GetBaseException().Message.ReplaceLineEndings(" ");
            return null;
        }
    }
}
