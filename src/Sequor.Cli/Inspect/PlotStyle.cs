using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Sequor.Cli.Inspect;

/// <summary>The one look of the pictures of a store.</summary>
internal static class PlotStyle
{
    /// <summary>Colour of the data.</summary>
    public static Color Data { get; } = Color.FromHex("#1f77b4");

    /// <summary>Colour of lines that mark a place.</summary>
    public static Color Mark { get; } = Color.FromHex("#d62728");

    /// <summary>A plot with title and axis names, and letters that are read without effort.</summary>
    public static Plot Create(string title, string bottom, string left)
    {
        var plot = new Plot();
        plot.Title(title, 17);
        foreach ((IAxis axis, string text) in new (IAxis, string)[] { (plot.Axes.Bottom, bottom), (plot.Axes.Left, left) })
        {
            axis.Label.Text = text;
            (axis.Label.FontSize, axis.Label.Bold) = (15, false);
            axis.TickLabelStyle.FontSize = 13;
        }

        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = Colors.Black.WithOpacity(0.08);
        return plot;
    }

    /// <summary>Ticks of an axis that is linear in the logarithm: 1, 2, 5 of each power of ten in a short range, powers alone in a long one.</summary>
    public static NumericManual LogTicks(double largest)
    {
        var ticks = new NumericManual();
        int[] digits = largest > 2_000 ? [1] : [1, 2, 5];
        for (double power = 1; power <= 10 * largest; power *= 10)
        {
            foreach (int digit in (int[])[1, 2, 3, 4, 5, 6, 7, 8, 9])
            {
                double value = digit * power;
                if (Array.IndexOf(digits, digit) >= 0) ticks.AddMajor(Math.Log10(value), Count(value));
                else ticks.AddMinor(Math.Log10(value));
            }
        }

        return ticks;
    }

    /// <summary>Whole numbers with separators.</summary>
    public static NumericAutomatic CountTicks() => new() { IntegerTicksOnly = true, LabelFormatter = Count };

    private static string Count(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
