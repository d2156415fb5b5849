using System.Collections;
using System.Globalization;

namespace Sequor.Preparation.Generating;

/// <summary>The ids "1", "2", … made as they are asked for: a large catalogue needs no list of strings.</summary>
internal sealed class NumberedIds(int count) : IReadOnlyCollection<string>
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (int id = 1; id <= count; id++) yield return id.ToString(CultureInfo.InvariantCulture);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
