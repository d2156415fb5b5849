namespace Sequor.Retrieval;

/// <summary>The lists of excluded items for some of a search's queries, where several vectors may share a list.</summary>
/// <param name="Items">All lists.</param>
/// <param name="First">List of the first vector.</param>
/// <param name="VectorsPerList">Vectors, one behind the other, for which a list stands.</param>
internal readonly record struct ExcludedLists(ExcludedItems Items, int First, int VectorsPerList)
{
    internal ReadOnlySpan<int> this[int vector] => Items[First + vector / VectorsPerList];

    internal ItemSet? Among(int vector) => Items.Among(First + vector / VectorsPerList);

    /// <summary>Whether a vector's answer may not hold the item.</summary>
    internal bool Holds(int vector, int item) => this[vector].BinarySearch(item) >= 0 || Among(vector)?.Contains(item) == false;
}
