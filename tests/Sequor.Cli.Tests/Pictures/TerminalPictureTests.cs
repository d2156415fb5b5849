using System.Globalization;
using System.Text.RegularExpressions;
using Sequor.Cli.Pictures;
using SkiaSharp;
using Xunit;

namespace Sequor.Cli.Tests.Pictures;

public sealed partial class TerminalPictureTests
{
    [Theory]
    [InlineData("Kitty", "TERM=xterm-kitty")]
    [InlineData("Kitty", "TERM=xterm-256color", "TERM_PROGRAM=ghostty")]
    [InlineData("Kitty", "KONSOLE_VERSION=230805")]
    [InlineData("None", "KONSOLE_VERSION=200401")]
    [InlineData("ITerm2", "TERM_PROGRAM=iTerm.app")]
    [InlineData("ITerm2", "TERM_PROGRAM=WezTerm")]
    [InlineData("ITerm2", "LC_TERMINAL=iTerm2")]
    [InlineData("Sixel", "TERM=foot")]
    [InlineData("Sixel", "TERM=mlterm-256color")]
    [InlineData("None", "TERM=xterm-256color")]
    [InlineData("None", "TERM=dumb")]
    [InlineData("None", "TERM=tmux-256color", "KITTY_WINDOW_ID=1")]
    [InlineData("None", "TERM=xterm-kitty", "SEQUOR_PICTURES=none")]
    [InlineData("Sixel", "TERM=xterm-256color", "SEQUOR_PICTURES=Sixel")]
    public void Terminals_are_known_by_what_they_say_of_themselves(string expected, params string[] variables) => Assert.Equal(
        expected, TerminalPicture.Detect(name => variables.FirstOrDefault(variable => variable.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..]).ToString());

    [Fact]
    public void Kitty_gets_the_file_in_pieces_that_are_marked()
    {
        byte[] png = new byte[10_000];
        new Random(1).NextBytes(png);
        string[] pieces = TerminalPicture.Encode(PictureProtocol.Kitty, png).Split("\e\\", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["\e_Gf=100,a=T,m=1", "\e_Gm=1", "\e_Gm=1", "\e_Gm=0"], pieces.Select(piece => piece.Split(';')[0]));
        Assert.All(pieces, piece => Assert.True(piece.Split(';')[1].Length <= 4096));
        Assert.Equal(png, Convert.FromBase64String(string.Concat(pieces.Select(piece => piece.Split(';')[1]))));
    }

    [Fact]
    public void ITerm2_gets_the_file_with_its_size()
    {
        byte[] png = [1, 2, 3, 4, 5];
        Assert.Equal($"\e]1337;File=inline=1;size=5:{Convert.ToBase64String(png)}\a", TerminalPicture.Encode(PictureProtocol.ITerm2, png));
    }

    [Fact]
    public void Sixels_draw_the_picture_that_was_given()
    {
        using var bitmap = new SKBitmap(40, 17);
        bitmap.Erase(SKColors.White);
        for (int x = 0; x < 40; x++) bitmap.SetPixel(x, x % 17, SKColors.Red);
        for (int y = 3; y < 14; y++) bitmap.SetPixel(7, y, SKColors.Blue);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        SKColor[,] drawn = Draw(TerminalPicture.Encode(PictureProtocol.Sixel, png.ToArray()), 40, 17);
        for (int x = 0; x < 40; x++)
            for (int y = 0; y < 17; y++) Assert.Equal(bitmap.GetPixel(x, y), drawn[x, y]);
    }

    // What a terminal does with sixels.
    private static SKColor[,] Draw(string text, int width, int height)
    {
        Match whole = Whole().Match(text);
        Assert.True(whole.Success);
        Assert.Equal((width, height), (Number(whole.Groups["w"]), Number(whole.Groups["h"])));
        var picture = new SKColor[width, height];
        var palette = new Dictionary<int, SKColor>();
        var (x, top, color) = (0, 0, default(SKColor));
        foreach (Match token in Token().Matches(whole.Groups["body"].Value))
        {
            if (token.Value == "$") x = 0;
            else if (token.Value == "-") (x, top) = (0, top + 6);
            else if (token.Groups["r"].Success)
            {
                palette[Number(token.Groups["n"])] = new SKColor(Channel(token.Groups["r"]), Channel(token.Groups["g"]), Channel(token.Groups["b"]));
            }
            else if (token.Groups["n"].Success) color = palette[Number(token.Groups["n"])];
            else
            {
                int run = token.Groups["run"].Success ? Number(token.Groups["run"]) : 1;
                for (int i = 0; i < run; i++, x++)
                    for (int bit = 0; bit < 6; bit++)
                        if (((token.Groups["letter"].Value[0] - '?') >> bit & 1) != 0) picture[x, top + bit] = color;
            }
        }

        return picture;
    }

    private static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    private static byte Channel(Group percent) => (byte)Math.Round(Number(percent) * 2.55);

    [GeneratedRegex("""^\eP0;1q"1;1;(?<w>\d+);(?<h>\d+)(?<body>.*)\e\\$""", RegexOptions.Singleline)]
    private static partial Regex Whole();

    [GeneratedRegex(@"#(?<n>\d+)(;2;(?<r>\d+);(?<g>\d+);(?<b>\d+))?|!(?<run>\d+)(?<letter>[?-~])|(?<letter>[?-~])|[$-]")]
    private static partial Regex Token();
}
