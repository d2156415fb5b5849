namespace Sequor.Preparation;

/// <summary>Finds the line of a row in a text file: rows are counted by DuckDB, which passes over empty lines and lets quotes span lines.</summary>
internal static class SourceLine
{
    /// <summary>Line number, from 1, of the row at <paramref name="row"/> (from 0), header not counted.</summary>
    public static long Of(RatingsTable table, long row)
    {
        long lineNumber = 0, seen = table.HasHeader ? -1 : 0;
        bool insideQuotes = false;
        foreach (string line in File.ReadLines(table.Files[0]))
        {
            lineNumber++;
            if (line.Length == 0 && !insideQuotes) continue;
            if (!insideQuotes && seen++ == row) return lineNumber;
            if (table.IsQuoted && line.AsSpan().Count('"') % 2 == 1) insideQuotes = !insideQuotes;
        }

        return lineNumber;
    }
}
