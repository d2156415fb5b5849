using ScottPlot;
using Sequor.Storage;

namespace Sequor.Cli;

/// <summary>Pictures on disk.</summary>
internal static class Images
{
    /// <summary>Writes a plot as PNG, whole or not at all.</summary>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    public static void SavePng(Plot plot, string path)
    {
        byte[] image = plot.GetImageBytes(900, 540, ImageFormat.Png);
        AtomicFile.Write(path, stream => stream.Write(image));
    }
}
