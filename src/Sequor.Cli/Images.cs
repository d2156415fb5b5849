using ScottPlot;
using Sequor.Cli.Pictures;
using Sequor.Storage;

namespace Sequor.Cli;

/// <summary>Pictures on disk, and on terminals that show them.</summary>
internal static class Images
{
    /// <summary>Writes a plot as PNG of that many pixels, whole or not at all.</summary>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    public static void SavePng(Plot plot, string path, int width = 900, int height = 540)
    {
        byte[] image = plot.GetImageBytes(width, height, ImageFormat.Png);
        AtomicFile.Write(path, stream => stream.Write(image));
    }

    /// <summary>Shows a picture that was written where a person watches a terminal that can, and names the file; with JSON on the output, neither.</summary>
    public static void Show(Terminal terminal, string path, bool json)
    {
        if (json) return;
        PictureProtocol protocol = terminal.IsInteractive ? TerminalPicture.Detect(Environment.GetEnvironmentVariable) : PictureProtocol.None;
        if (protocol != PictureProtocol.None) terminal.Output.WriteLine(TerminalPicture.Encode(protocol, File.ReadAllBytes(path)));
        terminal.Say(path);
    }
}
