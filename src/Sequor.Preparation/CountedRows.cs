using System.Collections;
using System.Globalization;

namespace Sequor.Preparation;

/// <summary>A list whose elements are made as they are asked for: a large catalogue needs no copy of itself in objects.</summary>
internal sealed class CountedRows<T>(int count, Func<int, T> at) : IReadOnlyCollection<T>
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (int row = 0; row < count; row++) yield return at(row);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Lists that are often wanted.</summary>
internal static class CountedRows
{
    /// <summary>The ids "1", "2", …</summary>
    public static CountedRows<string> Numbers(int count) => new(count, row => (row + 1).ToString(CultureInfo.InvariantCulture));
}
