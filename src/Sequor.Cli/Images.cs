using ScottPlot;
using Sequor.Cli.Pictures;
using Sequor.Storage;

namespace Sequor.Cli;

/// <summary>Pictures on disk, and on terminals that show them.</summary>
internal static class Images
{
    private const int Width = 900, Height = 540;

    /// <summary>Writes a plot as PNG of that many pixels, whole or not at all.</summary>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    public static void SavePng(Plot plot, string path, int width = Width, int height = Height)
    {
        byte[] image = plot.GetImageBytes(width, height, ImageFormat.Png);
        AtomicFile.Write(path, stream => stream.Write(image));
    }

    /// <summary>Names a picture that was written, and shows it where a person watches a terminal that can; with JSON on the output, neither.</summary>
    public static void Show(Terminal terminal, string path, bool json)
    {
        if (json) return;
        if (Protocol(terminal) is var protocol and not PictureProtocol.None) terminal.Output.WriteLine(TerminalPicture.Encode(protocol, File.ReadAllBytes(path)));
        terminal.Say(path);
    }

    /// <summary>Shows a plot, without a file, where a person watches a terminal that can.</summary>
    public static void ShowIfPossible(Terminal terminal, Func<Plot> draw)
    {
        if (Protocol(terminal) is var protocol and not PictureProtocol.None)
            terminal.Output.WriteLine(TerminalPicture.Encode(protocol, draw().GetImageBytes(Width, Height, ImageFormat.Png)));
    }

    private static PictureProtocol Protocol(Terminal terminal) =>
        terminal.IsInteractive ? TerminalPicture.Detect(Environment.GetEnvironmentVariable) : PictureProtocol.None;
}
