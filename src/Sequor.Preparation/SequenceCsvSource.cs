using Sequor.Data;
using Sequor.Preparation.Sets;

namespace Sequor.Preparation;

/// <summary>
/// The interchange format <c>sasrec_format.csv</c>: users and events as the file has them. The items file (id and title first, no
/// header: <c>movies.dat</c>, <c>u.item</c>) gives the catalogue and titles; without it the catalogue is what the sequences name.
/// </summary>
/// <param name="Path">The file, or the folder with <c>sasrec_format.csv</c>.</param>
/// <param name="ItemsPath">The items file, or the folder with <c>movies.dat</c>; Latin-1, separated by <c>::</c> (<c>.dat</c>) or <c>|</c>; null when there is none.</param>
public sealed record SequenceCsvSource(string Path, string? ItemsPath = null) : DatasetSource
{
    /// <inheritdoc/>
    public override string DefaultName => "sasrec";

    internal override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        string file = FindFile(Path, "sasrec_format.csv");
        progress?.Report(new PreparationProgress("reading", 0, null));
        ItemVocabulary? items = ItemsPath is null ? null : ItemList.ReadMovieLens(FindFile(ItemsPath, "movies.dat"));
        SequenceCsv.ToStore(file, request.Output, name, items, cancellationToken);
        using var store = SequenceStore.Open(request.Output);
        return store.InteractionCount;
    }
}
