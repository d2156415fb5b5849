using ScottPlot;
using Sequor.Storage;

namespace Sequor.Cli;

/// <summary>Pictures on disk.</summary>
internal static class Images
{
    /// <summary>Writes a plot as PNG of that many pixels, whole or not at all.</summary>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    public static void SavePng(Plot plot, string path, int width = 900, int height = 540)
    {
        byte[] image = plot.GetImageBytes(width, height, ImageFormat.Png);
        AtomicFile.Write(path, stream => stream.Write(image));
    }
}
