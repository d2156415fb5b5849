namespace Sequor.Preparation.Reading;

/// <summary>Quoting for SQL that is put together from paths and column names.</summary>
internal static class Sql
{
    /// <summary>A string literal.</summary>
    public static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A quoted identifier.</summary>
    public static string Name(string value) => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
