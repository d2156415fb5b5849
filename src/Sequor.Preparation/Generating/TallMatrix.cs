using System.Numerics;

namespace Sequor.Preparation.Generating;

/// <summary>A dense matrix with many rows and few columns, float64, row by row; rows are padded with zeros to a multiple of eight.</summary>
internal sealed class TallMatrix
{
    private readonly double[] values;

    /// <summary>A matrix of zeros.</summary>
    public TallMatrix(int rowCount, int columnCount)
    {
        RowCount = rowCount;
        ColumnCount = columnCount;
        Stride = (columnCount + 7) & ~7;
        values = new double[checked(rowCount * Stride)];
    }

    /// <summary>Number of rows.</summary>
    public int RowCount { get; }

    /// <summary>Number of columns.</summary>
    public int ColumnCount { get; }

    /// <summary>Values from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>A row with its padding.</summary>
    public Span<double> this[int row] => values.AsSpan(row * Stride, Stride);

    /// <summary>Adds a multiple of a row to another of the same length: product, then sum, so that the bits do not depend on the width.</summary>
    public static void AddScaled(ReadOnlySpan<double> row, double factor, Span<double> sum)
    {
        int width = Vector<double>.Count;
        for (int i = 0; i < sum.Length; i += width)
        {
            (new Vector<double>(sum[i..]) + new Vector<double>(row[i..]) * factor).CopyTo(sum[i..]);
        }
    }

    /// <summary>MᵀM, shape (columns, columns).</summary>
    public double[,] Gram()
    {
        var gram = new TallMatrix(ColumnCount, ColumnCount);
        for (int row = 0; row < RowCount; row++)
        {
            Span<double> values = this[row];
            for (int i = 0; i < ColumnCount; i++) AddScaled(values, values[i], gram[i]);
        }

        double[,] square = new double[ColumnCount, ColumnCount];
        for (int i = 0; i < ColumnCount; i++)
        {
            for (int j = 0; j < ColumnCount; j++) square[i, j] = gram[i][j];
        }

        return square;
    }

    /// <summary>M · right, where right has a row for each column of M.</summary>
    public TallMatrix Times(double[,] right)
    {
        var product = new TallMatrix(RowCount, right.GetLength(1));
        var factor = new TallMatrix(ColumnCount, product.ColumnCount);
        for (int i = 0; i < ColumnCount; i++)
        {
            for (int j = 0; j < product.ColumnCount; j++) factor[i][j] = right[i, j];
        }

        for (int row = 0; row < RowCount; row++)
        {
            Span<double> values = this[row], sum = product[row];
            for (int i = 0; i < ColumnCount; i++) AddScaled(factor[i], values[i], sum);
        }

        return product;
    }
}
