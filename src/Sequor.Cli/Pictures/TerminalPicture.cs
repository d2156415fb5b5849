using System.Globalization;
using System.Text;

namespace Sequor.Cli.Pictures;

/// <summary>Ways in which terminals take pictures.</summary>
internal enum PictureProtocol
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The graphics protocol of Kitty; Ghostty and Konsole have it too.</summary>
    Kitty,

    /// <summary>The inline images of iTerm2; WezTerm and mintty have them too.</summary>
    ITerm2,

    /// <summary>Sixels, as the VT340 had them: foot, mlterm, xterm with -ti vt340.</summary>
    Sixel,
}

/// <summary>A picture as what a terminal draws it from.</summary>
internal static class TerminalPicture
{
    /// <summary>Name of the variable that prevails over what is found out: <c>kitty</c>, <c>iterm2</c>, <c>sixel</c> or <c>none</c>.</summary>
    public const string Variable = "SEQUOR_PICTURES";

    // Kitty takes pieces of so many letters.
    private const int KittyPiece = 4096;

    /// <summary>What the terminal can, by the variables that it sets. It is not asked: an answer that does not come would have to be waited for.</summary>
    public static PictureProtocol Detect(Func<string, string?> environment)
    {
        if (environment(Variable) is { Length: > 0 } wish)
        {
            return wish.ToLowerInvariant() switch
            {
                "kitty" => PictureProtocol.Kitty,
                "iterm2" => PictureProtocol.ITerm2,
                "sixel" => PictureProtocol.Sixel,
                _ => PictureProtocol.None,
            };
        }

        string term = environment("TERM") ?? "", program = environment("TERM_PROGRAM") ?? "";
        // What stands between keeps the pictures to itself.
        if (environment("TMUX") is { Length: > 0 } || term.StartsWith("screen", StringComparison.Ordinal) || term.StartsWith("tmux", StringComparison.Ordinal)) return PictureProtocol.None;
        if (term is "xterm-kitty" or "xterm-ghostty" || program == "ghostty" || environment("KITTY_WINDOW_ID") is { Length: > 0 }) return PictureProtocol.Kitty;
        if (int.TryParse(environment("KONSOLE_VERSION"), CultureInfo.InvariantCulture, out int konsole) && konsole >= 220400) return PictureProtocol.Kitty;
        if (program is "iTerm.app" or "WezTerm" or "mintty" || environment("LC_TERMINAL") == "iTerm2") return PictureProtocol.ITerm2;
        return term.StartsWith("foot", StringComparison.Ordinal) || term.StartsWith("mlterm", StringComparison.Ordinal) || term is "xterm-sixel" or "yaft-256color" or "contour"
            ? PictureProtocol.Sixel : PictureProtocol.None;
    }

    /// <summary>What to write to the terminal for a PNG.</summary>
    public static string Encode(PictureProtocol protocol, byte[] png) => protocol switch
    {
        PictureProtocol.Kitty => Kitty(Convert.ToBase64String(png)),
        PictureProtocol.ITerm2 => string.Create(CultureInfo.InvariantCulture, $"\e]1337;File=inline=1;size={png.Length}:{Convert.ToBase64String(png)}\a"),
        PictureProtocol.Sixel => Sixels.Encode(png),
        _ => "",
    };

    private static string Kitty(string data)
    {
        var text = new StringBuilder(data.Length + 256);
        for (int at = 0; at < data.Length; at += KittyPiece)
        {
            int more = at + KittyPiece < data.Length ? 1 : 0;
            string control = at == 0 ? $"f=100,a=T,m={more}" : $"m={more}";
            text.Append(CultureInfo.InvariantCulture, $"\e_G{control};{data.AsSpan(at, Math.Min(KittyPiece, data.Length - at))}\e\\");
        }

        return text.ToString();
    }
}
