namespace Sequor.Modeling.InputPreprocessors;

/// <summary>Settings of ratings as input, read by the preprocessors that take them.</summary>
public sealed record RatingConfig
{
    /// <summary>Rows of the rating table (<c>train_fn.num_ratings</c>): 6 hold 0 … 5 stars.</summary>
    public int RowCount { get; init; } = 6;

    /// <summary>
    /// Rows a star (<c>train_fn.rating_scale</c>). The row of a rating is rating · scale, cut to an integer: 1, as in the reference, puts 3.5 with
    /// 3; 2 keeps half stars apart and needs 11 rows for 0 … 5.
    /// </summary>
    public int Scale { get; init; } = 1;

    /// <summary>Width of a rating's vector beside the item's (<c>train_fn.rating_embedding_dim</c>); as tokens of their own they are as wide as items.</summary>
    public int EmbeddingDim { get; init; } = 8;

    /// <summary>Whether the table has a row for a rating; a history with one that it lacks cannot be encoded.</summary>
    public bool HasRow(float rating) => rating * Scale is >= 0f and var row && row < RowCount;
}
