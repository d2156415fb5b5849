using System.Globalization;
using System.Text;

namespace Sequor.Server.Answers;

/// <summary>
/// Words as people type them: lower case, letters without their accents. The runtime's own normalisation needs the data of ICU, which this program
/// does without; so the letters of Latin, Greek and Russian stand here.
/// </summary>
internal static class PlainWords
{
    // A letter, and those that are it with an accent.
    private static readonly string[] s_letters =
    [
        "aàáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ",
        "bƀḃḅḇ",
        "cçćĉċčḉ",
        "dðďđḋḍḏḑḓ",
        "eèéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ",
        "fḟ",
        "gĝğġģǧǵḡ",
        "hĥħȟḣḥḧḩḫẖ",
        "iìíîïĩīĭįıǐȉȋḭḯỉị",
        "jĵǰ",
        "kķǩḱḳḵ",
        "lĺļľłḷḹḻḽ",
        "mḿṁṃ",
        "nñńņňŋǹṅṇṉṋ",
        "oòóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ",
        "pṕṗ",
        "rŕŗřȑȓṙṛṝṟ",
        "sśŝşšșṡṣṥṧṩ",
        "tţťŧțṫṭṯṱẗ",
        "uùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự",
        "vṽṿ",
        "wŵẁẃẅẇẉẘ",
        "xẋẍ",
        "yýÿŷȳẏẙỳỵỷỹ",
        "zźżžẑẓẕ",
        "αά",
        "εέ",
        "ηή",
        "ιΐίϊ",
        "οό",
        "σς",
        "υΰϋύ",
        "ωώ",
        "её",
    ];

    private static readonly Dictionary<char, string> s_plain = Table();

    /// <summary>The words of a text, in its order. An apostrophe parts no words.</summary>
    internal static List<string> Of(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (char letter in text)
        {
            if (char.IsAsciiLetterOrDigit(letter)) word.Append(char.ToLowerInvariant(letter));
            else if (char.IsLetterOrDigit(letter) || char.IsSurrogate(letter))
            {
                char small = char.ToLowerInvariant(letter);
                if (s_plain.TryGetValue(small, out string? plain)) word.Append(plain);
                else word.Append(small);
            }
            else if (letter is '\'' or '\u2019' || CharUnicodeInfo.GetUnicodeCategory(letter) is UnicodeCategory.NonSpacingMark) continue;
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        if (word.Length > 0) words.Add(word.ToString());
        return words;
    }

    private static Dictionary<char, string> Table()
    {
        var plain = new Dictionary<char, string> { ['æ'] = "ae", ['œ'] = "oe", ['ß'] = "ss", ['þ'] = "th" };
        foreach (string letters in s_letters)
            foreach (char accented in letters.AsSpan(1)) plain[accented] = letters[..1];
        return plain;
    }
}
