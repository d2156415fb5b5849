namespace Sequor.Preparation.Sets;

/// <summary>A row of an items file.</summary>
/// <param name="Id">External id.</param>
/// <param name="Title">Title; null when the row has none.</param>
/// <param name="Values">Values of each attribute, in the order of the attributes' names.</param>
internal sealed record ListedItem(string Id, string? Title, string[][] Values);
