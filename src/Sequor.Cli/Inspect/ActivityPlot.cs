using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;
using Sequor.Data;

namespace Sequor.Cli.Inspect;

/// <summary>Events over time: a day each in a range of up to a year, else a month each, or a year each when months are too many.</summary>
internal static class ActivityPlot
{
    private const int MostDays = 366, MostMonths = 360;

    /// <summary>The plot; null when the store has no times that can be dates.</summary>
    public static Plot? Draw(StoreView view, CancellationToken cancellation)
    {
        if (view.Statistics.Times is not { } times || !UtcTime.IsDate(times.First) || !UtcTime.IsDate(times.Last)) return null;
        DateTime first = Date(times.First), last = Date(times.Last);
        int months = 12 * (last.Year - first.Year) + last.Month - first.Month + 1;
        (string unit, Func<DateTime, DateTime> begin, Func<DateTime, DateTime> next) = (last - first).TotalDays <= MostDays
            ? ("day", time => time.Date, time => time.AddDays(1))
            : months <= MostMonths
                ? ("month", time => new DateTime(time.Year, time.Month, 1), time => time.AddMonths(1))
                : ((string, Func<DateTime, DateTime>, Func<DateTime, DateTime>))("year", time => new DateTime(time.Year, 1, 1), time => time.Year == 9999 ? DateTime.MaxValue : time.AddYears(1));

        var starts = new List<DateTime>();
        for (DateTime start = begin(first); start <= last; start = next(start)) starts.Add(start);
        DateTime end = next(starts[^1]);
        long[] counts = Count(view.Store, [.. starts.Select(start => new DateTimeOffset(start, TimeSpan.Zero).ToUnixTimeSeconds())], cancellation);

        Plot plot = PlotStyle.Create($"{view.Store.Name}: {Tables.Count(view.Statistics.EventCount)} events, {first:yyyy-MM-dd} to {last:yyyy-MM-dd}", "time (UTC)", $"events a {unit}");
        for (int i = 0; i < counts.Length; i++)
        {
            double from = starts[i].ToOADate(), to = (i + 1 < starts.Count ? starts[i + 1] : end).ToOADate();
            plot.Add.Bar(new Bar { Position = (from + to) / 2, Size = (counts.Length > 60 ? 1 : 0.9) * (to - from), Value = counts[i], FillColor = PlotStyle.Data, LineWidth = 0 });
        }

        plot.Axes.Bottom.TickGenerator = Ticks(unit, starts);
        plot.Axes.Left.TickGenerator = PlotStyle.CountTicks();
        plot.Axes.Margins(bottom: 0, top: 0.1);
        return plot;
    }

    // At most eight dates, below their bars: of many days the firsts of months, of many months those of years.
    private static NumericManual Ticks(string unit, List<DateTime> starts)
    {
        const int Most = 8;
        List<DateTime> shown = starts.FindAll(start => unit switch
        {
            "day" => starts.Count <= 90 || start.Day == 1,
            "month" => starts.Count <= 36 || start.Month == 1,
            _ => true,
        });
        string format = unit switch { "day" => "yyyy-MM-dd", "month" => "yyyy-MM", _ => "yyyy" };
        double half = starts.Count > 1 ? (starts[1] - starts[0]).TotalDays / 2 : 0.5;
        var ticks = new NumericManual();
        for (int i = 0; i < shown.Count; i += (shown.Count + Most - 1) / Most)
            ticks.AddMajor(shown[i].ToOADate() + half, shown[i].ToString(format, CultureInfo.InvariantCulture));
        return ticks;
    }

    private static DateTime Date(long time) => DateTimeOffset.FromUnixTimeSeconds(time).UtcDateTime;

    // Times of a user do not fall, so the bar only moves on.
    private static long[] Count(SequenceStore store, long[] starts, CancellationToken cancellation)
    {
        long[] counts = new long[starts.Length];
        for (int user = 0; user < store.UserCount; user++)
        {
            if ((user & 0xFFF) == 0) cancellation.ThrowIfCancellationRequested();
            int bar = 0;
            foreach (long time in store[user].Timestamps)
            {
                while (bar + 1 < starts.Length && time >= starts[bar + 1]) bar++;
                counts[bar]++;
            }
        }

        return counts;
    }
}
