namespace Sequor.Evaluation.Statistics;

/// <summary>Numbers of users, a row a user: what each of several models is worth to that user. Columns of a row belong together, so resampled rows stay paired.</summary>
public sealed class UserTable
{
    private readonly double[] _values;

    /// <summary>Sets columns of equal length side by side.</summary>
    /// <exception cref="ArgumentException">There is no column, none has a user, or lengths differ.</exception>
    public UserTable(IReadOnlyList<double[]> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0 || columns[0].Length == 0) throw new ArgumentException("a table needs a column with a user", nameof(columns));
        (ColumnCount, UserCount) = (columns.Count, columns[0].Length);
        _values = new double[(long)UserCount * ColumnCount];
        for (int c = 0; c < ColumnCount; c++)
        {
            if (columns[c].Length != UserCount) throw new ArgumentException($"column {c} has {columns[c].Length} users, column 0 has {UserCount}", nameof(columns));
            for (int user = 0; user < UserCount; user++) _values[(long)user * ColumnCount + c] = columns[c][user];
        }
    }

    /// <summary>Users, U.</summary>
    public int UserCount { get; }

    /// <summary>Numbers a user, C.</summary>
    public int ColumnCount { get; }

    /// <summary>The numbers of a user (C).</summary>
    public ReadOnlySpan<double> this[int user] => _values.AsSpan(user * ColumnCount, ColumnCount);

    /// <summary>Means over all users (C).</summary>
    public double[] Means()
    {
        double[] means = new double[ColumnCount];
        for (int user = 0; user < UserCount; user++)
            for (int c = 0; c < ColumnCount; c++) means[c] += this[user][c];
        for (int c = 0; c < ColumnCount; c++) means[c] /= UserCount;
        return means;
    }
}
