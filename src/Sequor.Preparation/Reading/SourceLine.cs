using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Sequor.Preparation.Reading;

/// <summary>Finds the place of a row in text files: rows are counted by DuckDB, which passes over empty lines and lets quotes span lines.</summary>
internal static class SourceLine
{
    /// <summary>The place of a row, from 0, as <c>(file:line)</c> where lines can be counted, else as <c>(file, row n)</c>.</summary>
    public static string Where(RatingsTable table, long row)
    {
        if (table.Format == TableFormat.Delimited && table.Where is null)
        {
            foreach (string file in table.Files)
            {
                if (Path.GetExtension(file).Equals(".zst", StringComparison.OrdinalIgnoreCase)) break;
                if (Find(table, file, ref row) is var line and > 0) return string.Create(CultureInfo.InvariantCulture, $"({file}:{line})");
            }
        }

        string name = table.Files.Count == 1 ? table.Files[0] : $"{table.Files[0]} and {table.Files.Count - 1} more";
        return string.Create(CultureInfo.InvariantCulture, $"({name}, row {row + 1})");
    }

    /// <summary>Opens a file, plain or gzip, to be read as plain text.</summary>
    public static Stream Open(string file)
    {
        Stream raw = File.OpenRead(file);
        return Path.GetExtension(file).Equals(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(raw, CompressionMode.Decompress) : raw;
    }

    // Line number, from 1, of the row, or 0 when the file has fewer; what it has is taken from the row's number then.
    private static long Find(RatingsTable table, string file, ref long row)
    {
        using var reader = new StreamReader(Open(file), Encoding.Latin1);
        long lineNumber = 0, seen = table.HasHeader ? -1 : 0;
        bool insideQuotes = false;
        while (reader.ReadLine() is { } line)
        {
            lineNumber++;
            if (line.Length == 0 && !insideQuotes) continue;
            if (!insideQuotes && seen++ == row) return lineNumber;
            if (table.IsQuoted && line.AsSpan().Count('"') % 2 == 1) insideQuotes = !insideQuotes;
        }

        row -= seen;
        return 0;
    }
}
