using System.Collections.Concurrent;
using Sequor.Artifacts;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>Answers "what next?" for any history, with the encoder that was trained and the index that was evaluated. Thread-safe.</summary>
public sealed class Recommender : IDisposable
{
    private readonly ModelArtifact _artifact;
    private readonly RecommenderOptions _options;
    private readonly ITopKIndex[] _indices;
    private readonly RequestBatcher _batcher;

    // A history is too little work to share: under load a second thread would be waited for longer than it helps.
    private readonly WorkerPool _alone = new(1);
    private readonly Lazy<SimilarItems> _similar;
    private readonly ConcurrentBag<AnswerBatch> _idle = [];
    private volatile bool _disposed;

    /// <summary>Makes a loaded artefact ready to be searched and takes ownership of it.</summary>
    /// <exception cref="InvalidInputException">A method does not fit the model, or the precision a method.</exception>
    public Recommender(ModelArtifact artifact, RecommenderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        _artifact = artifact;
        _options = options ?? new RecommenderOptions();
        IReadOnlyList<TopKMethod> methods = _options.Methods.Count > 0 ? _options.Methods : [ArtifactIndex.Choose(artifact, null, _options.Precision).Method];
        // All are checked before the first is built.
        foreach (TopKMethod method in methods) ArtifactIndex.Choose(artifact, method, _options.Precision);
        _indices = [.. methods.Distinct().Select(method => ArtifactIndex.Open(artifact, method, _options.Precision, _options.Workers))];
        Methods = [.. _indices.Select(index => index.Method)];
        _batcher = new RequestBatcher(_options.ConcurrentBatches, _options.LargestBatch, Answer);
        _similar = new Lazy<SimilarItems>(() => new SimilarItems(_artifact.Model, _options.Workers, _indices[0]));
        Coverage = new CatalogueCoverage(Items.Count);
    }

    /// <summary>Item ids, titles and attributes.</summary>
    public ItemVocabulary Items => _artifact.Items;

    /// <summary>Training events of each item: entry i is item i's, entry 0 is nobody's (X + 1).</summary>
    public ReadOnlySpan<long> Popularity => _artifact.Popularity;

    /// <summary>What the model is and what it scored.</summary>
    public ArtifactManifest Manifest => _artifact.Manifest;

    /// <summary>The architecture.</summary>
    public ModelConfig Config => _artifact.Model.Config;

    /// <summary>Ways to search that a question may choose from; the first is the default.</summary>
    public IReadOnlyList<TopKMethod> Methods { get; }

    /// <summary>What has been recommended so far.</summary>
    public CatalogueCoverage Coverage { get; }

    /// <summary>Questions that wait for a batch.</summary>
    public int Waiting => _batcher.Waiting;

    /// <summary>Loads an artefact directory.</summary>
    /// <exception cref="InvalidInputException">It is missing or damaged, or a method does not fit the model.</exception>
    public static Recommender Load(string directory, RecommenderOptions? options = null)
    {
        ModelArtifact artifact = ModelArtifact.Load(directory);
        try
        {
            return new Recommender(artifact, options);
        }
        catch
        {
            artifact.Dispose();
            throw;
        }
    }

    /// <summary>The best unseen items behind a history, computed on the caller's thread.</summary>
    /// <exception cref="ArgumentException">The history is empty or holds an unknown item, or the query does not fit this model.</exception>
    /// <exception cref="InvalidInputException">The model reads ratings, and there are none, or one that its rating table lacks.</exception>
    public RecommendationAnswer Recommend(UserEvents history, RecommendationQuery? query = null) => AnswerAlone(Ask(history, null, query, default));

    /// <summary>The best unseen items behind the events of a session.</summary>
    /// <inheritdoc cref="Recommend(UserEvents, RecommendationQuery?)"/>
    public RecommendationAnswer Recommend(UserSession session, RecommendationQuery? query = null) => AnswerAlone(Ask(null, session, query, default));

    /// <summary>The best <paramref name="k"/> unseen items behind a history.</summary>
    /// <param name="items">Item indices 1 … X, oldest first; only the newest max_sequence_length count.</param>
    /// <param name="timestamps">Seconds of each event, or empty.</param>
    /// <param name="k">Results wanted.</param>
    /// <param name="at">Time of the question in seconds; the time of the newest event when null.</param>
    /// <param name="ratings">Rating of each event, or empty; a model with ratings as input needs them, others do not look.</param>
    /// <param name="userId">Who asks, for models with components of their users.</param>
    /// <inheritdoc cref="Recommend(UserEvents, RecommendationQuery?)"/>
    public IReadOnlyList<Recommendation> Recommend(
        ReadOnlySpan<int> items, ReadOnlySpan<long> timestamps, int k = 10, long? at = null, ReadOnlySpan<float> ratings = default, string? userId = null) =>
        Recommend(new UserEvents(items.ToArray(), timestamps.ToArray(), ratings.ToArray()), new RecommendationQuery { Count = k, At = at, UserId = userId }).Items;

    /// <summary>As <see cref="Recommend(UserEvents, RecommendationQuery?)"/>, for many callers at once: questions that come together are answered together.</summary>
    public Task<RecommendationAnswer> RecommendAsync(UserEvents history, RecommendationQuery? query = null, CancellationToken cancellationToken = default) =>
        _batcher.Ask(Ask(history, null, query, cancellationToken));

    /// <inheritdoc cref="RecommendAsync(UserEvents, RecommendationQuery?, CancellationToken)"/>
    public Task<RecommendationAnswer> RecommendAsync(UserSession session, RecommendationQuery? query = null, CancellationToken cancellationToken = default) =>
        _batcher.Ask(Ask(null, session, query, cancellationToken));

    /// <summary>A user whose events come one after the other; answers cost the new events only. The caller disposes of it before the recommender.</summary>
    /// <exception cref="ArgumentException">The history holds an unknown item.</exception>
    public UserSession OpenSession(UserEvents history)
    {
        ArgumentNullException.ThrowIfNull(history);
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckItems(history, nameof(history));
        return new UserSession(this, history, _artifact.Model.CanCache ? new KeyValueCache(_artifact.Model) : null);
    }

    /// <summary>The items most like one, by the cosine of what the model has learned of them; scores are cosines.</summary>
    /// <param name="item">Item index 1 … X.</param>
    /// <param name="count">Results wanted.</param>
    /// <param name="among">The items to choose from; all when null.</param>
    public IReadOnlyList<Recommendation> Similar(int item, int count = 10, ItemSet? among = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(item, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item, Items.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        count = Math.Min(count, Items.Count);
        int[] found = new int[count];
        float[] scores = new float[count];
        _similar.Value.Search(item, among, count, found, scores);
        var answer = new List<Recommendation>(count);
        for (int i = 0; i < count && found[i] != 0; i++) answer.Add(new Recommendation(found[i], Items.Id(found[i]), Items.Title(found[i]), scores[i]));
        return answer;
    }

    /// <summary>
    /// Answers made-up questions of several lengths by every method, so that code is compiled and memory touched before the first person asks. What
    /// it finds does not count as recommended.
    /// </summary>
    /// <exception cref="InvalidInputException">The model answers nothing, or with scores that are no numbers.</exception>
    public void Warm()
    {
        foreach (int length in new[] { 1, 2, 17, Config.MaxSequenceLength / 2, Config.MaxSequenceLength, Config.MaxSequenceLength + 1 })
        {
            int[] items = new int[Math.Max(1, length)];
            long[] times = new long[items.Length];
            for (int i = 0; i < items.Length; i++) (items[i], times[i]) = (1 + (int)(i * 7919L % Items.Count), 1_000_000_000L + i * 3600L);
            // Row 0 of the rating table is there whatever its size.
            var events = new UserEvents(items, times, Config.ReadsRatings ? new float[items.Length] : default);
            using UserSession session = OpenSession(events);
            foreach (TopKMethod method in Methods)
            {
                var query = new RecommendationQuery { Method = method };
                Try(Ask(events, null, query, default), items.Length);
                Try(Ask(null, session, query, default), items.Length);
                Try(Ask(null, session, query, default), items.Length);
            }
        }
    }

    private void Try(Question question, int seen)
    {
        Compute([question], counted: false);
        IReadOnlyList<Recommendation> found = question.Answer.GetAwaiter().GetResult().Items;
        if (found.Count == 0 && seen < Items.Count) throw new InvalidInputException($"the model answers nothing to a history of {seen} events; its weights are no use: train it anew");
        foreach (Recommendation one in found)
            if (!float.IsFinite(one.Score))
                throw new InvalidInputException($"the model scores item {one.ItemId} with {one.Score}, which is not finite; its weights are no use: train it anew");
    }

    /// <summary>What the newest state of a history looked at: one entry an event of the window, oldest first.</summary>
    /// <inheritdoc cref="Recommend(UserEvents, RecommendationQuery?)"/>
    public AttentionTrace Explain(UserEvents history, long? at = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckHistory(history);
        using var tape = new Tape(_alone, differentiate: false);
        using var batch = new SequenceBatch();
        batch.Clear();
        batch.Add(0, history.From(Math.Max(0, history.Count - Config.MaxSequenceLength)), 0, history.LastTime is { } last ? at ?? last : null);
        tape.Begin();
        return _artifact.Model.Trace(tape, batch);
    }

    /// <summary>Ends the native memory; no question may be under way.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        while (_idle.TryTake(out AnswerBatch? batch)) batch.Dispose();
        foreach (ITopKIndex index in _indices) index.Dispose();
        if (_similar.IsValueCreated) _similar.Value.Dispose();
        _artifact.Dispose();
        _alone.Dispose();
    }

    internal void CheckItems(UserEvents events, string parameter)
    {
        int stranger = events.Items.Span.IndexOfAnyExceptInRange(1, Items.Count);
        if (stranger >= 0) throw new ArgumentException($"item index {events.Items.Span[stranger]} must lie in 1 … {Items.Count}", parameter);
    }

    private void CheckHistory(UserEvents history)
    {
        if (history.Count == 0) throw new ArgumentException("the history is empty; it needs at least one item", nameof(history));
        CheckItems(history, nameof(history));
    }

    private Question Ask(UserEvents? history, UserSession? session, RecommendationQuery? query, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        query ??= new RecommendationQuery();
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Count, 1, nameof(query));
        if (session is null)
        {
            ArgumentNullException.ThrowIfNull(history);
            CheckHistory(history);
        }
        else
        {
            if (!session.BelongsTo(this)) throw new ArgumentException("the session belongs to another recommender", nameof(session));
            if (session.Events.Count == 0) throw new ArgumentException("the session has no events; it needs at least one", nameof(session));
        }

        if (query.Among is { } among && among.ItemCount != Items.Count)
            throw new ArgumentException($"the set to choose from knows {among.ItemCount} items, the model {Items.Count}", nameof(query));
        int method = query.Method is { } wanted ? Methods.ToList().IndexOf(wanted) : 0;
        if (method < 0) throw new ArgumentException($"method {query.Method} must be one of {string.Join(", ", Methods)}", nameof(query));
        // Of a capped answer more is searched at once, so that a second search is rare.
        const int Reserve = 4;
        int fetch = (int)Math.Min(Items.Count, query.Diversity is null ? query.Count : (long)Reserve * query.Count);
        return new Question(history, session, query, _indices[method], fetch, cancellation);
    }

    private RecommendationAnswer AnswerAlone(Question question)
    {
        Answer([question]);
        return question.Answer.GetAwaiter().GetResult();
    }

    private void Answer(List<Question> questions)
    {
        Compute(questions, counted: true);
        foreach (Question question in questions) Coverage.Add(question.Answer.Result.Items);
    }

    private void Compute(List<Question> questions, bool counted)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_idle.TryTake(out AnswerBatch? batch)) batch = new AnswerBatch(_artifact.Model, Items, _alone);
        try
        {
            batch.Run(questions, counted);
        }
        finally
        {
            _idle.Add(batch);
        }
    }
}
