namespace Sequor.Cli.Reports;

/// <summary>Colours and dashes of runs; the page has eight, then they come again.</summary>
internal static class RunColor
{
    private const int Count = 8;

    /// <summary>Number of the colour.</summary>
    public static int Of(int run) => run % Count;

    /// <summary>A sample of a run's line beside its name.</summary>
    public static Markup Chip(int run, string name) => Markup.Of(
        $"""<span class="chip"><svg class="sample" viewBox="0 0 26 10" aria-hidden="true"><line class="line c{Of(run)}" x1="1" x2="25" y1="5" y2="5"/></svg>{name}</span>""");
}
