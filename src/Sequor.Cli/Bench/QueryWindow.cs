using Sequor.Autograd;
using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary>So many queries one behind the other, in memory that an index reads.</summary>
internal sealed class QueryWindow : IDisposable
{
    private readonly TopKQueries queries;
    private readonly Parameter rows;

    public QueryWindow(TopKQueries queries, int size)
    {
        this.queries = queries;
        rows = new Parameter("queries", [size, queries[0].Length], isTable: true);
    }

    public Matrix Rows => rows.Value;

    public ExcludedItems Excluded { get; } = new();

    /// <summary>Moves the window to the queries from <paramref name="first"/> on.</summary>
    public void MoveTo(int first)
    {
        Excluded.Clear();
        for (int i = 0; i < Rows.Rows; i++)
        {
            queries[first + i].CopyTo(Rows[i]);
            Excluded.Add(queries.Excluded(first + i));
        }
    }

    public void Dispose() => rows.Dispose();
}
