using System.Diagnostics;
using System.Text;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>Answers questions of one kind in one pass of the encoder and one search. Memory is kept from batch to batch.</summary>
internal sealed class AnswerBatch(RecommenderModel model, ItemVocabulary items, WorkerPool workers) : IDisposable
{
    private readonly Tape _tape = new(workers, differentiate: false);
    private readonly SequenceBatch _batch = new();
    private readonly ExcludedItems _unwanted = new();
    private readonly List<Window> _windows = [];
    private KeyValueCache?[] _caches = new KeyValueCache?[8];
    private int[] _cached = new int[8], _found = new int[256], _list = new int[256];
    private float[] _scores = new float[256];

    /// <summary>Sets the answer of each question. If it throws, none is set.</summary>
    /// <param name="questions">Questions of one kind.</param>
    /// <param name="counted">Whether the metrics hear of it: not of what warms a model up.</param>
    internal void Run(IReadOnlyList<Question> questions, bool counted)
    {
        long began = Stopwatch.GetTimestamp();
        TimeSpan[] queued = [.. questions.Select(question => question.Waited)];
        bool failed = true;
        try
        {
            Gather(questions, counted);
            Matrix queries = LastStates.Encode(model, _tape, _batch, _caches.AsSpan(0, questions.Count));
            TimeSpan encode = Stopwatch.GetElapsedTime(began);
            long encoded = Stopwatch.GetTimestamp();
            int fetch = questions.Max(question => question.Fetch);
            Search(questions[0].Index, queries, _unwanted, fetch);
            var found = new IReadOnlyList<Recommendation>[questions.Count];
            for (int q = 0; q < found.Length; q++) found[q] = Choose(questions[q], queries, q, fetch);
            failed = false;
            TimeSpan search = Stopwatch.GetElapsedTime(encoded);
            if (counted) ServingMetrics.Record(questions.Count, encode, search, questions[0].Index.Method);
            for (int q = 0; q < found.Length; q++)
                questions[q].Set(new RecommendationAnswer(found[q], new AnswerEffort(queued[q], encode, search, questions.Count, _batch.Length(q), _cached[q])));
        }
        finally
        {
            for (int q = 0; q < _windows.Count; q++) questions[q].Leave(_windows[q], failed);
            _windows.Clear();
        }
    }

    public void Dispose()
    {
        _tape.Dispose();
        _batch.Dispose();
    }

    private void Gather(IReadOnlyList<Question> questions, bool counted)
    {
        _batch.Clear();
        _unwanted.Clear();
        Room(ref _caches, questions.Count);
        Room(ref _cached, questions.Count);
        for (int q = 0; q < questions.Count; q++)
        {
            RecommendationQuery query = questions[q].Query;
            Window window = questions[q].Enter(model.Config.MaxSequenceLength);
            _windows.Add(window);
            _caches[q] = window.Cache;
            _cached[q] = window.Cache?.EventCount ?? 0;
            UserSequence sequence = window.Sequence;
            _batch.Add(0, sequence, 0, window.Events.LastTime is { } last ? query.At ?? last : null);
            if (query.UserId is not null) _batch.Identify(UserKey.Of(Encoding.UTF8.GetBytes(query.UserId)));
            if (counted && window.Cache is { } cache) ServingMetrics.CountCache(cache.EventCount > 0);
            Unwanted(query, window.Events);
        }
    }

    private void Unwanted(RecommendationQuery query, UserEvents events)
    {
        ReadOnlySpan<int> seen = query.IncludeSeen ? [] : events.Items.Span, more = query.Excluded.Span;
        Room(ref _list, seen.Length + more.Length);
        seen.CopyTo(_list);
        more.CopyTo(_list.AsSpan(seen.Length));
        _unwanted.Add(_list.AsSpan(0, seen.Length + more.Length), query.Among);
    }

    private void Search(ITopKIndex index, Matrix queries, ExcludedItems unwanted, int fetch)
    {
        int room = queries.Rows * fetch;
        Room(ref _found, room);
        Room(ref _scores, room);
        index.Search(queries, unwanted, fetch, _found.AsSpan(0, room), _scores.AsSpan(0, room));
    }

    private List<Recommendation> Choose(Question question, Matrix queries, int row, int fetch)
    {
        ReadOnlySpan<int> found = _found.AsSpan(row * fetch, fetch);
        ReadOnlySpan<float> scores = _scores.AsSpan(row * fetch, fetch);
        int wanted = Math.Min(question.Query.Count, items.Count);
        if (question.Query.Diversity is not { } cap) return Described(found[..wanted], scores);
        int[] places = new int[wanted];
        int taken = cap.Take(found, wanted, places);
        // Too much was passed over: look further down, for this one alone.
        while (taken < wanted && fetch < items.Count && found[^1] != 0)
        {
            fetch = (int)Math.Min(items.Count, 4L * fetch);
            int[] further = new int[fetch];
            float[] furtherScores = new float[fetch];
            var alone = new ExcludedItems();
            alone.Add(_unwanted[row], question.Query.Among);
            question.Index.Search(queries.RowAt(row), alone, fetch, further, furtherScores);
            found = further;
            scores = furtherScores;
            taken = cap.Take(found, wanted, places);
        }

        var answer = new List<Recommendation>(taken);
        foreach (int place in places.AsSpan(0, taken)) answer.Add(Describe(found[place], scores[place]));
        return answer;
    }

    private List<Recommendation> Described(ReadOnlySpan<int> found, ReadOnlySpan<float> scores)
    {
        var answer = new List<Recommendation>(found.Length);
        for (int i = 0; i < found.Length && found[i] != 0; i++) answer.Add(Describe(found[i], scores[i]));
        return answer;
    }

    private Recommendation Describe(int item, float score) => new(item, items.Id(item), items.Title(item), score);

    private static void Room<T>(ref T[] array, int length)
    {
        if (array.Length < length) array = new T[Math.Max(length, 2 * array.Length)];
    }
}
