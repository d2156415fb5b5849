namespace Sequor.Artifacts;

/// <summary>Name and shape of one tensor; the last dimension is the width of a row.</summary>
public sealed record SafetensorsShape(string Name, params long[] Dimensions)
{
    // An empty tensor has no rows, whatever its other dimensions claim.
    internal long RowCount =>
        Array.IndexOf(Dimensions, 0) >= 0 ? 0 : Dimensions.Length < 2 ? 1 : Product(Dimensions.AsSpan(0, Dimensions.Length - 1));

    internal long ColumnCount => Dimensions.Length == 0 ? 1 : Dimensions[^1];

    internal static long Product(ReadOnlySpan<long> dimensions)
    {
        long product = 1;
        foreach (long dimension in dimensions) product = checked(product * dimension);
        return product;
    }
}
