namespace Sequor.Serving;

/// <summary>One recommended item.</summary>
/// <param name="ItemIndex">Row of the item table.</param>
/// <param name="ItemId">The id that users know.</param>
/// <param name="Title">What to show, if the data had titles.</param>
/// <param name="Score">Similarity to the history's state; comparable within one answer.</param>
public readonly record struct Recommendation(int ItemIndex, string ItemId, string? Title, float Score);
