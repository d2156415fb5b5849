namespace Sequor.Retrieval;

/// <summary>An immutable set of items.</summary>
public sealed class ItemSet
{
    /// <summary>Catalogue size, X.</summary>
    public int ItemCount { get; init; }
}
