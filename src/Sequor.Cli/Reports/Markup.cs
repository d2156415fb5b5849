using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Sequor.Cli.Reports;

/// <summary>
/// A piece of HTML that is also XML. What is put into an interpolated string is escaped unless it is such a piece itself, so that no title can become markup by
/// somebody's forgetting.
/// </summary>
internal readonly record struct Markup(string Html)
{
    public static Markup Empty { get; } = new("");

    public static Markup Of(MarkupHandler html) => html.ToMarkup();

    public static Markup Join(IEnumerable<Markup> pieces) => new(string.Concat(pieces.Select(piece => piece.Html)));

    /// <summary>Text as XML may hold it.</summary>
    public static string Escape(string text)
    {
        var allowed = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            allowed.Append(rune.Value is >= 0x20 or '\t' or '\n' or '\r' && rune.Value is not (0xFFFE or 0xFFFF) ? rune.ToString() : "\uFFFD");
        return WebUtility.HtmlEncode(allowed.ToString());
    }
}

/// <summary>What the compiler makes of an interpolated string for <see cref="Markup.Of"/>.</summary>
[InterpolatedStringHandler]
internal readonly ref struct MarkupHandler
{
    private readonly StringBuilder _html;

    public MarkupHandler(int literalLength, int formattedCount) => _html = new StringBuilder(literalLength + 16 * formattedCount);

    public void AppendLiteral(string literal) => _html.Append(literal);

    public void AppendFormatted(Markup piece) => _html.Append(piece.Html);

    public void AppendFormatted(string? text) => _html.Append(Markup.Escape(text ?? ""));

    public void AppendFormatted<T>(T value, string? format = null)
        where T : IFormattable => _html.Append(Markup.Escape(value.ToString(format, CultureInfo.InvariantCulture)));

    public Markup ToMarkup() => new(_html.ToString());
}
