namespace Sequor.Preparation.Tests;

/// <summary>Singular values of a small dense matrix, largest first, with left and right vectors as columns, by one-sided Jacobi rotations.</summary>
internal sealed record DenseDecomposition(double[] Values, double[,] Left, double[,] Right)
{
    private const int SweepLimit = 30;

    /// <summary>Decomposes; left vectors of values that are zero stay zero.</summary>
    public static DenseDecomposition Of(double[,] matrix)
    {
        int rows = matrix.GetLength(0), columns = matrix.GetLength(1);
        double[,] a = (double[,])matrix.Clone(), v = new double[columns, columns];
        for (int j = 0; j < columns; j++) v[j, j] = 1;
        bool rotated = true;
        for (int sweep = 0; rotated && sweep < SweepLimit; sweep++)
        {
            rotated = false;
            for (int p = 0; p < columns; p++)
            {
                for (int q = p + 1; q < columns; q++) rotated |= Rotate(a, v, p, q);
            }
        }

        // A V has orthogonal columns now: their lengths are the singular values.
        double[] lengths = [.. Enumerable.Range(0, columns).Select(j => Math.Sqrt(Enumerable.Range(0, rows).Sum(i => a[i, j] * a[i, j])))];
        int[] order = [.. Enumerable.Range(0, columns).OrderByDescending(j => lengths[j])];
        double[,] left = new double[rows, columns], right = new double[columns, columns];
        for (int j = 0; j < columns; j++)
        {
            for (int i = 0; i < rows; i++) left[i, j] = lengths[order[j]] == 0 ? 0 : a[i, order[j]] / lengths[order[j]];
            for (int i = 0; i < columns; i++) right[i, j] = v[i, order[j]];
        }

        return new DenseDecomposition([.. order.Select(j => lengths[j])], left, right);
    }

    // Makes columns p and q of A orthogonal; false when they are.
    private static bool Rotate(double[,] a, double[,] v, int p, int q)
    {
        int rows = a.GetLength(0), columns = v.GetLength(0);
        double pp = 0, qq = 0, pq = 0;
        for (int i = 0; i < rows; i++) (pp, qq, pq) = (pp + a[i, p] * a[i, p], qq + a[i, q] * a[i, q], pq + a[i, p] * a[i, q]);
        if (Math.Abs(pq) <= 1e-15 * Math.Sqrt(pp * qq)) return false;
        double angle = 0.5 * Math.Atan2(2 * pq, pp - qq), c = Math.Cos(angle), s = Math.Sin(angle);
        for (int i = 0; i < rows; i++) (a[i, p], a[i, q]) = (c * a[i, p] + s * a[i, q], c * a[i, q] - s * a[i, p]);
        for (int i = 0; i < columns; i++) (v[i, p], v[i, q]) = (c * v[i, p] + s * v[i, q], c * v[i, q] - s * v[i, p]);
        return true;
    }
}
