using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary>What the bounds of an exact search came to.</summary>
/// <param name="FirstPassShare">Share of queries whose first pass proved the answer.</param>
/// <param name="MeanCandidates">Items scored, mean over queries.</param>
internal sealed record TopKEffort(double FirstPassShare, double MeanCandidates)
{
    public static TopKEffort Of(MixtureExact index, TopKQueries queries, int k)
    {
        using var window = new QueryWindow(queries, queries.Count);
        window.MoveTo(0);
        var reports = new MixtureSearchReport[queries.Count];
        index.Search(window.Rows, window.Excluded, k, new int[queries.Count * k], new float[queries.Count * k], reports);
        return new TopKEffort(reports.Average(report => report.Passes == 1 ? 1.0 : 0), reports.Average(report => (double)report.CandidateCount));
    }
}
