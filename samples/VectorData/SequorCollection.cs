using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;
using Sequor.Retrieval;
using Sequor.Serving;

/// <summary>
/// The catalogue of a model as something that can be searched by Microsoft.Extensions.VectorData. What is searched by is a history, item ids oldest first:
/// the model makes the query vector of it, as an embedding generator makes one of a text. The item vectors are the model's; nobody else can write them, so
/// this is an <see cref="IVectorSearchable{TRecord}"/> and not a collection to upsert into.
/// </summary>
/// <typeparam name="TRecord">What is found.</typeparam>
internal sealed class SequorCollection<TRecord>(Recommender recommender, Func<int, TRecord> record) : IVectorSearchable<TRecord>
    where TRecord : class
{
    public async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TInput : notnull
    {
        if (searchValue is not IEnumerable<string> history)
            throw new NotSupportedException($"a search by {typeof(TInput).Name} is not possible: give the ids of a history, oldest first");
        if (options is { IncludeVectors: true }) throw new NotSupportedException("vectors cannot be included: records of this collection have none");
        int[] items = [.. history.Select(id => recommender.Items.TryGetIndex(id, out int item) ? item : 0).Where(item => item > 0)];
        if (items.Length == 0) throw new ArgumentException("no item of the history is known to the model", nameof(searchValue));
        int skip = options?.Skip ?? 0;
        var query = new RecommendationQuery { Count = skip + top, Among = Among(options?.Filter) };
        RecommendationAnswer answer = await recommender.RecommendAsync(new UserEvents(items), query, cancellationToken);
        foreach (Recommendation found in answer.Items.Skip(skip)) yield return new VectorSearchResult<TRecord>(record(found.ItemIndex), found.Score);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : serviceKey is null && serviceType.IsInstanceOfType(recommender) ? recommender : null;

    // The filter becomes a set of items, which the scan respects: k items are found however rare those are that pass. To keep sets that come again is the caller's.
    private ItemSet? Among(Expression<Func<TRecord, bool>>? filter)
    {
        if (filter is null) return null;
        Func<TRecord, bool> passes = filter.Compile();
        int[] items = [.. Enumerable.Range(1, recommender.Items.Count).Where(item => passes(record(item)))];
        return ItemSet.Of(recommender.Items.Count, items);
    }
}
