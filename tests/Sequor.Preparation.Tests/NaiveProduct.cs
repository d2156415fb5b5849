namespace Sequor.Preparation.Tests;

/// <summary>A randomised Kronecker product drawn with arrays and an ordinary generator: events of each user and of each item.</summary>
internal sealed record NaiveProduct(int[] Lengths, int[] Popularity)
{
    /// <summary>Draws blocks of ratings R (zeros are not there) at rates in 0..1; every block has its own order of rows and of columns.</summary>
    public static NaiveProduct Draw(double[,] ratings, double[,] rates, Random random)
    {
        int rowCount = ratings.GetLength(0), columnCount = ratings.GetLength(1);
        int[] rows = [.. Enumerable.Range(0, rowCount)], columns = [.. Enumerable.Range(0, columnCount)];
        (int Row, int Column)[] entries =
            [.. rows.SelectMany(row => columns.Where(column => ratings[row, column] != 0).Select(column => (row, column)))];
        int[] lengths = new int[rowCount * rates.GetLength(0)], popularity = new int[columnCount * rates.GetLength(1)];
        for (int i = 0; i < rates.GetLength(0); i++)
        {
            for (int j = 0; j < rates.GetLength(1); j++)
            {
                random.Shuffle(rows);
                random.Shuffle(columns);
                random.Shuffle(entries);
                int kept = (int)(entries.Length * Math.Clamp(rates[i, j], 0.001, 0.995));
                foreach ((int row, int column) in entries.AsSpan(0, kept))
                {
                    lengths[i * rowCount + rows[row]]++;
                    popularity[j * columnCount + columns[column]]++;
                }
            }
        }

        return new NaiveProduct(lengths, popularity);
    }
}
