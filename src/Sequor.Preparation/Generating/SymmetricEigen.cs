namespace Sequor.Preparation.Generating;

/// <summary>Eigenvalues of a small symmetric matrix, largest first, and eigenvectors as columns: cyclic Jacobi rotations.</summary>
internal sealed record SymmetricEigen(double[] Values, double[,] Vectors)
{
    private const int SweepLimit = 60;

    /// <summary>Decomposes; the argument is not changed.</summary>
    public static SymmetricEigen Of(double[,] matrix)
    {
        int size = matrix.GetLength(0);
        double[,] a = (double[,])matrix.Clone(), v = new double[size, size];
        for (int i = 0; i < size; i++) v[i, i] = 1;

        for (int sweep = 0; sweep < SweepLimit; sweep++)
        {
            bool rotated = false;
            for (int p = 0; p < size - 1; p++)
            {
                for (int q = p + 1; q < size; q++) rotated |= Rotate(a, v, p, q);
            }

            if (!rotated) break;
        }

        int[] order = new int[size];
        for (int i = 0; i < size; i++) order[i] = i;
        Array.Sort(order, (x, y) => a[x, x] != a[y, y] ? a[y, y].CompareTo(a[x, x]) : x.CompareTo(y));
        double[] values = Array.ConvertAll(order, i => a[i, i]);
        double[,] vectors = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++) vectors[i, j] = v[i, order[j]];
        }

        return new SymmetricEigen(values, vectors);
    }

    /// <summary>V · diag(f(λ)) with the columns of the k largest eigenvalues.</summary>
    public double[,] Scaled(int count, Func<double, double> scale)
    {
        double[,] scaled = new double[Values.Length, count];
        for (int j = 0; j < count; j++)
        {
            double factor = scale(Values[j]);
            for (int i = 0; i < Values.Length; i++) scaled[i, j] = Vectors[i, j] * factor;
        }

        return scaled;
    }

    // Makes a[p, q] zero unless it is lost in the rounding of the diagonal; false when there was nothing to do.
    private static bool Rotate(double[,] a, double[,] v, int p, int q)
    {
        double off = a[p, q];
        if (off * off <= 1e-34 * Math.Abs(a[p, p] * a[q, q]) || Math.Abs(off) < 1e-300) return false;

        double theta = (a[q, q] - a[p, p]) / (2 * off);
        double t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        double c = 1 / Math.Sqrt(t * t + 1), s = t * c;
        int size = a.GetLength(0);
        for (int i = 0; i < size; i++) (a[i, p], a[i, q]) = (c * a[i, p] - s * a[i, q], s * a[i, p] + c * a[i, q]);
        for (int i = 0; i < size; i++) (a[p, i], a[q, i]) = (c * a[p, i] - s * a[q, i], s * a[p, i] + c * a[q, i]);
        for (int i = 0; i < size; i++) (v[i, p], v[i, q]) = (c * v[i, p] - s * v[i, q], s * v[i, p] + c * v[i, q]);
        a[p, q] = a[q, p] = 0;
        return true;
    }
}
