using System.Collections;

namespace Sequor.Preparation.Appending;

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
