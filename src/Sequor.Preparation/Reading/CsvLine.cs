using System.Text;

namespace Sequor.Preparation.Reading;

/// <summary>Fields of a line of text separated by commas or the like (RFC 4180) whose quoted fields do not span lines.</summary>
internal static class CsvLine
{
    /// <summary>The fields; within quotes, two quotes stand for one.</summary>
    public static string[] Split(string line, char delimiter = ',')
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int at = 0; at < line.Length; at++)
        {
            char letter = line[at];
            if (letter == '"')
            {
                if (quoted && at + 1 < line.Length && line[at + 1] == '"') field.Append(line[++at]);
                else quoted = !quoted;
            }
            else if (letter == delimiter && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(letter);
            }
        }

        fields.Add(field.ToString());
        return [.. fields];
    }
}
