using Sequor.Data;
using Sequor.Preparation.Appending;

namespace Sequor.Preparation;

/// <summary>
/// A store and newer interactions for it. Its items keep their indices and its users their places; new ones follow in the order of their ids, so
/// that a model which learned from the store can go on. The output may be the store itself, which is replaced once the new one is whole. Of the
/// request's filter only the time range and the smallest rating apply, to the new rows; the first moment and the smallest rating that the store was
/// prepared with hold where the request gives none. Rows that the store has already (user, item and second) are left out.
/// </summary>
/// <param name="Store">Path of the store.</param>
/// <param name="Rows">The newer interactions and, when it has an items file, what is known of new items.</param>
public sealed record AppendSource(string Store, DelimitedRatingsSource Rows) : DatasetSource
{
    /// <inheritdoc/>
    public override string DefaultName
    {
        get
        {
            using var store = SequenceStore.Open(Store);
            return store.Name;
        }
    }

    internal override bool HasRows => true;

    internal override IEnumerable<string> InputFiles => Rows.InputFiles;

    internal override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        if (request.Filter is not { MinimumCount: null, KCore: 0, Duplicates: DuplicatePolicy.KeepAll, MaximumUsers: null })
        {
            throw new InvalidInputException("counts, duplicates and samples of users are chosen when a store is prepared, not when it is appended to; choose by time or rating, or prepare all the data anew");
        }

        using var store = SequenceStore.Open(Store);
        return new StoreAppend(store, Rows, request, name, progress, cancellationToken).Run();
    }
}
