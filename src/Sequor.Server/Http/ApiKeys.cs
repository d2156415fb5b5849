using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Sequor.Server.Http;

/// <summary>The keys that callers must show; the service knows their hashes alone.</summary>
internal sealed class ApiKeys
{
    /// <summary>Variable of the environment, or setting, with hashes, separated by commas or blanks.</summary>
    internal const string Setting = "SEQUOR_API_KEY_HASHES";

    private const string Prefix = "sha256:", Bearer = "Bearer ";
    private const int LongestKey = 512;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly byte[][] _hashes;

    /// <summary>Reads hashes.</summary>
    /// <exception cref="InvalidInputException">One is not <c>sha256:</c> and 64 hexadecimal digits.</exception>
    internal ApiKeys(IEnumerable<string> hashes) => _hashes = [.. hashes.Select(Parse)];

    /// <summary>Whether a key is asked for.</summary>
    internal bool AreAsked => _hashes.Length > 0;

    /// <summary>A fresh key of 256 random bits, and its hash.</summary>
    internal static (string Key, string Hash) Create()
    {
        string key = "sq_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (key, Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
    }

    /// <summary>Hashes of a list such as an environment variable.</summary>
    internal static IEnumerable<string> Split(string? list) => (list ?? "").Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether a request shows a key that is known.</summary>
    internal bool Admit(HttpRequest request) => Admit(request.Headers["X-API-Key"]) || Admit(Token(request.Headers.Authorization));

    /// <summary>Whether a request shows a key, known or not.</summary>
    internal static bool IsShown(HttpRequest request) => !string.IsNullOrEmpty(request.Headers["X-API-Key"]) || !string.IsNullOrEmpty(Token(request.Headers.Authorization));

    private static string? Token(StringValues authorization)
    {
        string? header = authorization;
        return header is not null && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;
    }

    private bool Admit(string? key)
    {
        if (string.IsNullOrEmpty(key) || key.Length > LongestKey) return false;
        Span<byte> bytes = stackalloc byte[3 * LongestKey], hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(key, bytes)], hash);
        bool known = false;
        // All are compared, so that the time says nothing of which one it was.
        foreach (byte[] candidate in _hashes) known |= CryptographicOperations.FixedTimeEquals(candidate, hash);
        return known;
    }

    private static byte[] Parse(string text)
    {
        if (text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length == Prefix.Length + 64 && text.AsSpan(Prefix.Length).IndexOfAnyExcept(s_digits) < 0)
            return Convert.FromHexString(text.AsSpan(Prefix.Length));
        // It may be a key that was taken for its hash, so it is not shown.
        throw new InvalidInputException($"the hash of an API key must be {Prefix} and 64 hexadecimal digits, not a text of {text.Length} letters; `sequor serve --new-key` prints a key and its hash");
    }
}
