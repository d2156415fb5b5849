namespace Sequor.Cli.Reports;

/// <summary>Numbers on a line of a picture: round ones between its ends.</summary>
internal sealed class Axis
{
    private readonly double _low, _high, _from, _to;

    /// <summary>An axis that shows <paramref name="low"/> to <paramref name="high"/>, widened to round numbers, from one place in the picture to another.</summary>
    public Axis(double low, double high, double from, double to, int ticks = 5)
    {
        if (!(high > low)) (low, high) = (low - 0.5, low + 0.5);
        double step = Step((high - low) / ticks);
        (_low, _high) = (Math.Floor(low / step + 1e-9) * step, Math.Ceiling(high / step - 1e-9) * step);
        (_from, _to) = (from, to);
        int count = (int)Math.Round((_high - _low) / step);
        Ticks = [.. Enumerable.Range(0, count + 1).Select(i => Math.Round(_low + i * step, 10))];
        Format = step >= 1 ? "#,0" : "0." + new string('0', (int)Math.Ceiling(-Math.Log10(step) - 1e-9));
    }

    /// <summary>Round numbers.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>How to write them.</summary>
    public string Format { get; }

    /// <summary>Where a number stands in the picture.</summary>
    public double Place(double value) => _from + (value - _low) / (_high - _low) * (_to - _from);

    // 1, 2 or 5 of a power of ten.
    private static double Step(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return power * (least / power) switch { <= 1 + 1e-9 => 1, <= 2 + 1e-9 => 2, <= 5 + 1e-9 => 5, _ => 10 };
    }
}
