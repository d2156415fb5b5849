using System.Globalization;
using System.Text;
using Sequor.Data;

namespace Sequor.Server.Answers;

/// <summary>
/// Finds items by the beginnings of words of their titles, or by id: letter case and accents do not count, words come in any order, the
/// most popular items first. All titles stand in one text in that order, each with its id and a blank before every word, so that a search is
/// a scan for the longest word of the query, and the other words are looked for where that one is.
/// </summary>
internal sealed class TitleSearch
{
    private const byte Blank = (byte)' ', End = (byte)'\n';

    private readonly byte[] _text;
    private readonly int[] _ends;
    private readonly int[] _order;

    internal TitleSearch(ItemVocabulary items, ReadOnlySpan<long> popularity)
    {
        _order = [.. Enumerable.Range(1, items.Count)];
        long[] counts = popularity.ToArray();
        Array.Sort(_order, (left, right) => counts[left] != counts[right] ? counts[right].CompareTo(counts[left]) : left.CompareTo(right));
        using var text = new MemoryStream();
        _ends = new int[items.Count];
        for (int place = 0; place < _order.Length; place++)
        {
            foreach (string word in Words(items.Id(_order[place]))) Write(text, word);
            foreach (string word in Words(items.Title(_order[place]) ?? "")) Write(text, word);
            text.WriteByte(End);
            _ends[place] = checked((int)text.Length);
        }

        _text = text.ToArray();
    }

    /// <summary>The <paramref name="count"/> most popular items that have all words of the query; all match an empty one.</summary>
    internal List<int> Find(string query, int count)
    {
        byte[][] words = [.. Words(query).Distinct().Select(word => Encoding.UTF8.GetBytes(" " + word)).OrderByDescending(word => word.Length)];
        var found = new List<int>(Math.Min(count, _order.Length));
        if (words.Length == 0)
        {
            found.AddRange(_order.AsSpan(0, Math.Min(count, _order.Length)));
            return found;
        }

        int from = 0;
        while (found.Count < count && _text.AsSpan(from).IndexOf(words[0]) is var hit and >= 0)
        {
            int place = PlaceOf(from + hit);
            ReadOnlySpan<byte> item = _text.AsSpan(place == 0 ? 0 : _ends[place - 1], _ends[place] - (place == 0 ? 0 : _ends[place - 1]));
            bool all = true;
            for (int w = 1; w < words.Length && all; w++) all = item.IndexOf(words[w]) >= 0;
            if (all) found.Add(_order[place]);
            from = _ends[place];
        }

        return found;
    }

    private int PlaceOf(int position)
    {
        int place = Array.BinarySearch(_ends, position + 1);
        return place >= 0 ? place : ~place;
    }

    private static void Write(MemoryStream text, string word)
    {
        text.WriteByte(Blank);
        text.Write(Encoding.UTF8.GetBytes(word));
    }

    // Decomposed, an accent is a mark of its own, and is left out.
    private static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (char letter in text.Normalize(NormalizationForm.FormD))
        {
            if (char.IsLetterOrDigit(letter) || char.IsSurrogate(letter)) word.Append(char.ToLowerInvariant(letter));
            else if (CharUnicodeInfo.GetUnicodeCategory(letter) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.ModifierSymbol) && letter != '\'' && word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0) yield return word.ToString();
    }
}
