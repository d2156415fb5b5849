using Sequor.Data;

namespace Sequor.Preparation.Tests;

/// <summary>The matrix and the rates of a fractal expansion, step by step on dense matrices from their definition; shares no code with the product.</summary>
internal static class NaiveExpansion
{
    /// <summary>Ratings, users × items, 0 where there is none: users with three distinct times, items that one of them has.</summary>
    public static double[,] Ratings(SequenceStore store)
    {
        int[] users = [.. Enumerable.Range(0, store.UserCount).Where(user => store[user].Timestamps.ToArray().Distinct().Count() >= 3)];
        int[] items = [.. users.SelectMany(user => store[user].Items.ToArray()).Distinct().Order()];
        double[,] ratings = new double[users.Length, items.Length];
        for (int i = 0; i < users.Length; i++)
        {
            UserSequence sequence = store[users[i]];
            for (int e = 0; e < sequence.Length; e++) ratings[i, Array.IndexOf(items, sequence.Items[e])] += sequence.Ratings[e];
        }

        return ratings;
    }

    /// <summary>Ratings less their mean over the whole matrix, over the largest of what remains; zeros stay.</summary>
    public static double[,] Normalised(double[,] ratings)
    {
        double mean = ratings.Cast<double>().Sum() / ratings.Length;
        double largest = ratings.Cast<double>().Where(rating => rating != 0).Max(rating => Math.Abs(rating - mean));
        return Table(ratings.GetLength(0), ratings.GetLength(1), (i, j) => ratings[i, j] == 0 ? 0 : (ratings[i, j] - mean) / largest);
    }

    /// <summary>Rates in 0..1 of the blocks, user factor × item factor.</summary>
    public static double[,] Rates(double[,] ratings, int userFactor, int itemFactor)
    {
        int count = Math.Min(userFactor, itemFactor);
        DenseDecomposition svd = DenseDecomposition.Of(Normalised(ratings));
        double[,] left = NearestOrthonormal(Resized(svd.Left, userFactor, count)), right = NearestOrthonormal(Resized(svd.Right, itemFactor, count));
        double[,] reduced = Table(userFactor, itemFactor, (i, j) => Enumerable.Range(0, count).Sum(k => left[i, k] * svd.Values[k] * right[j, k]));
        double smallest = reduced.Cast<double>().Min(), largest = reduced.Cast<double>().Max();
        return Table(userFactor, itemFactor, (i, j) => (reduced[i, j] - smallest) / (largest - smallest));
    }

    // The first columns, each blurred over its whole length and then read at the centres of the new rows.
    private static double[,] Resized(double[,] vectors, int rowCount, int columnCount)
    {
        int length = vectors.GetLength(0);
        double step = (double)length / rowCount, deviation = Math.Max(0, (step - 1) / 2);
        double[,] blurred = Table(length, columnCount, (row, column) => Blurred(vectors, row, column, deviation));
        return Table(rowCount, columnCount, (row, column) =>
        {
            double centre = (row + 0.5) * step - 0.5, below = Math.Floor(centre);
            double first = blurred[Mirrored((int)below, length), column], second = blurred[Mirrored((int)below + 1, length), column];
            return first + (second - first) * (centre - below);
        });
    }

    // A Gaussian cut off at the whole number nearest to four deviations.
    private static double Blurred(double[,] vectors, int row, int column, double deviation)
    {
        if (deviation == 0) return vectors[row, column];
        int reach = (int)Math.Floor(4 * deviation + 0.5);
        double sum = 0, weights = 0;
        for (int place = row - reach; place <= row + reach; place++)
        {
            double weight = Math.Exp(-Math.Pow((place - row) / deviation, 2) / 2);
            sum += weight * vectors[Mirrored(place, vectors.GetLength(0)), column];
            weights += weight;
        }

        return sum / weights;
    }

    private static int Mirrored(int place, int length)
    {
        while (place < 0 || place >= length) place = place < 0 ? -place : 2 * (length - 1) - place;
        return place;
    }

    // M = U Σ Vᵀ is nearest to U Vᵀ.
    private static double[,] NearestOrthonormal(double[,] matrix)
    {
        int rows = matrix.GetLength(0), columns = matrix.GetLength(1);
        (_, double[,] left, double[,] right) = DenseDecomposition.Of(matrix);
        return Table(rows, columns, (i, j) => Enumerable.Range(0, columns).Sum(k => left[i, k] * right[j, k]));
    }

    private static double[,] Table(int rows, int columns, Func<int, int, double> value)
    {
        double[,] table = new double[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++) table[i, j] = value(i, j);
        }

        return table;
    }
}
