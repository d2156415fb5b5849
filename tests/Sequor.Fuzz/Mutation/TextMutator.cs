using System.Text;

namespace Sequor.Fuzz.Mutation;

/// <summary>Changes text by its words, signs and lines: takes away, doubles, exchanges, puts extreme values in place, nests, spoils the encoding.</summary>
internal static class TextMutator
{
    private const int Longest = 1 << 15;

    /// <summary>A changed copy; <paramref name="words"/> are those of the format.</summary>
    public static string Mutate(FuzzRandom random, string valid, ReadOnlySpan<string> words = default)
    {
        List<string> tokens = Split(valid);
        for (int count = random.Count(); count > 0; count--) Once(random, tokens, words);
        return string.Concat(tokens);
    }

    /// <summary>The same as UTF-8, now and then not quite.</summary>
    public static byte[] MutateBytes(FuzzRandom random, string valid, ReadOnlySpan<string> words = default)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Mutate(random, valid, words));
        return random.Once(6) ? ByteMutator.Mutate(random, bytes) : bytes;
    }

    private static void Once(FuzzRandom random, List<string> tokens, ReadOnlySpan<string> words)
    {
        if (tokens.Count == 0) tokens.Add(" ");
        int at = random.Below(tokens.Count), other = random.Below(tokens.Count);
        int length = Math.Min(random.Once(3) ? 1 + random.Below(20) : 1, tokens.Count - at);
        switch (random.Below(9))
        {
            case 0: tokens.RemoveRange(at, length); break;
            case 1: tokens.InsertRange(at, tokens.GetRange(at, length)); break;
            case 2: (tokens[at], tokens[other]) = (tokens[other], tokens[at]); break;
            case 3:
                // A number where one was, if there is one.
                int number = tokens.FindIndex(at, token => char.IsAsciiDigit(token[0]));
                tokens[number < 0 ? at : number] = random.Of<string>(Extremes.Numbers);
                break;
            case 4: tokens[at] = random.Of<string>(random.Once(2) ? Extremes.Numbers : Extremes.Words); break;
            case 5: tokens.Insert(at, words.IsEmpty || random.Once(3) ? random.Of<string>(Extremes.Words) : random.Of(words)); break;
            case 6: if (!words.IsEmpty) tokens[at] = random.Of(words); break;
            case 7:
                int depth = random.Of<int>([2, 20, 60, 1000, 5000]);
                if (tokens.Count > Longest / 2) break;
                string open = random.Of<string>(["[", "{", "(", "\"", ",", "-", "%a ", tokens[at]]);
                if (open.Length * depth < Longest) tokens.Insert(at, string.Concat(Enumerable.Repeat(open, depth)));
                break;
            default:
                tokens[at] = tokens[at].Length > 1 && random.Once(2) ? tokens[at][..random.Below(tokens[at].Length)] + "~" : tokens[at] + (char)random.Below(random.Once(2) ? 128 : 0xD7FF);
                break;
        }

        tokens.RemoveAll(token => token.Length == 0);
    }

    private static List<string> Split(string text)
    {
        var tokens = new List<string>();
        for (int start = 0; start < text.Length;)
        {
            int end = start + 1;
            if (IsWord(text[start])) while (end < text.Length && IsWord(text[end])) end++;
            tokens.Add(text[start..end]);
            start = end;
        }

        return tokens;
    }

    private static bool IsWord(char letter) => char.IsLetterOrDigit(letter) || letter is '_' or '.';
}
