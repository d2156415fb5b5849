namespace Sequor.Fuzz.Mutation;

/// <summary>Values at which readers go wrong.</summary>
internal static class Extremes
{
    public static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "2", "127", "128", "255", "256", "65535", "65536", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296", "1073741824",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "4611686018427387904",
        "0.5", "1e308", "1e309", "-1e999", "1e-400", "1e9", "1E+2", "00", "01", "0x7fffffffffffffff", "1_000", "NaN", "nan", "Infinity", "-inf", "253402300800", "32503680000", "1.", ".5",
        "340282356779733661637539395458142568448", "99999999999999999999999999999999999999999999999999",
    ];

    public static readonly string[] Words =
    [
        "null", "None", "true", "True", "\"\"", "''", "\"a\"", "[]", "{}", "\"\\ud800\"", "\"\\u0000\"", "..", "../canary.gin", "/dev/zero", "C:\\x", "a/../../b", "\u001b[31m", "é", "\uFEFF",
        "\0", "\r", "\n", "\t", "\u2028", "%n", "__proto__", ",,,,", "\"\"\"", "::", "|", "#", "\\",
    ];

    public static readonly long[] Integers =
    [
        0, 1, -1, 2, 7, 8, 63, 64, 255, 256, 65535, 65536, int.MaxValue, int.MinValue, 1L + int.MaxValue, uint.MaxValue, 1L << 32, 1L << 40, 1L << 60, 1L << 62, long.MaxValue, long.MinValue, -8, long.MaxValue - 7,
    ];
}
