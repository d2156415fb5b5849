using System.Globalization;

namespace Sequor.Configuration;

/// <summary>Reads Python's number literals without a sign: 12, 1_000, 0xff, 0o17, 0b11, 1.5, .5, 1e-3.</summary>
internal static class GinNumber
{
    private const int LongestLiteral = 400;

    public static GinValue? Read(string text)
    {
        if (text.Length > LongestLiteral || !UnderscoresStandBetweenDigits(text)) return null;
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        if (digits.Length > 2 && digits[0] == '0' && digits[1] is 'x' or 'X' or 'o' or 'O' or 'b' or 'B') return WithRadix(digits);
        if (digits.All(char.IsAsciiDigit)) return Decimal(digits);
        return digits.All(character => char.IsAsciiDigit(character) || character is '.' or 'e' or 'E' or '+' or '-')
            && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? new GinFloat(value)
            : null;
    }

    private static GinInteger? Decimal(string digits)
    {
        // Python refuses 012, which C once read as octal.
        if (digits[0] == '0' && digits.AsSpan().ContainsAnyExcept('0')) return null;
        return Int128.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out Int128 value) ? new GinInteger(value) : null;
    }

    private static GinInteger? WithRadix(string digits)
    {
        int radix = char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, _ => 2 };
        Int128 value = 0;
        foreach (char character in digits.AsSpan(2))
        {
            int digit = char.IsAsciiHexDigit(character) ? Convert.ToInt32(character.ToString(), 16) : radix;
            if (digit >= radix || value > long.MaxValue) return null;
            value = (value * radix) + digit;
        }

        return new GinInteger(value);
    }

    private static bool UnderscoresStandBetweenDigits(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '_' && (i == 0 || i == text.Length - 1 || !char.IsAsciiHexDigit(text[i - 1]) || !char.IsAsciiHexDigit(text[i + 1]))) return false;
        }

        return true;
    }
}
