using System.Globalization;
using System.Text;
using SkiaSharp;

namespace Sequor.Cli.Pictures;

/// <summary>A picture as sixels: bands of six rows, colour by colour, a letter a column (DEC, VT330/VT340 Programmer Reference Manual, chapter 14).</summary>
internal static class Sixels
{
    private const int BandHeight = 6;
    private const int MostColors = 255;
    private const int ShortestRun = 4;

    public static string Encode(byte[] png)
    {
        using SKBitmap bitmap = SKBitmap.Decode(png);
        (int width, int height) = (bitmap.Width, bitmap.Height);
        int[] pixels = [.. bitmap.Pixels.Select(Coarse)];
        int[] palette = [.. pixels.CountBy(color => color).OrderByDescending(color => color.Value).ThenBy(color => color.Key).Take(MostColors).Select(color => color.Key)];
        Dictionary<int, int> numbers = pixels.Distinct().ToDictionary(color => color, color => Nearest(palette, color));
        var text = new StringBuilder(pixels.Length / 4);
        text.Append(CultureInfo.InvariantCulture, $"\eP0;1q\"1;1;{width};{height}");
        for (int number = 0; number < palette.Length; number++)
            text.Append(CultureInfo.InvariantCulture, $"#{number};2;{Percent(palette[number] >> 10)};{Percent(palette[number] >> 5)};{Percent(palette[number])}");
        var columns = new Dictionary<int, byte[]>();
        for (int top = 0; top < height; top += BandHeight)
        {
            columns.Clear();
            for (int y = top; y < Math.Min(top + BandHeight, height); y++)
                for (int x = 0; x < width; x++)
                {
                    int number = numbers[pixels[y * width + x]];
                    if (!columns.TryGetValue(number, out byte[]? bits)) columns[number] = bits = new byte[width];
                    bits[x] |= (byte)(1 << (y - top));
                }

            foreach ((int number, byte[] bits) in columns)
            {
                text.Append(CultureInfo.InvariantCulture, $"#{number}");
                Append(text, bits);
                text.Append('$');
            }

            text.Append('-');
        }

        return text.Append("\e\\").ToString();
    }

    // Five bits a channel.
    private static int Coarse(SKColor color) => color.Red >> 3 << 10 | color.Green >> 3 << 5 | color.Blue >> 3;

    private static int Percent(int channel) => (channel & 31) * 100 / 31;

    private static int Nearest(int[] palette, int color)
    {
        int exact = Array.IndexOf(palette, color);
        return exact >= 0 ? exact : Enumerable.Range(0, palette.Length).MinBy(number => Distance(palette[number], color));
    }

    private static int Distance(int a, int b)
    {
        int red = (a >> 10) - (b >> 10), green = (a >> 5 & 31) - (b >> 5 & 31), blue = (a & 31) - (b & 31);
        return red * red + green * green + blue * blue;
    }

    private static void Append(StringBuilder text, byte[] bits)
    {
        for (int x = 0; x < bits.Length;)
        {
            int end = x + 1;
            while (end < bits.Length && bits[end] == bits[x]) end++;
            char letter = (char)('?' + bits[x]);
            if (end - x < ShortestRun) text.Append(letter, end - x);
            else text.Append(CultureInfo.InvariantCulture, $"!{end - x}{letter}");
            x = end;
        }
    }
}
