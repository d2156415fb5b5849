using System.Diagnostics;
using System.Numerics;
using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>A question on its way through a batch: whose history, what is asked, and where the answer goes.</summary>
internal sealed class Question
{
    private readonly TaskCompletionSource<RecommendationAnswer> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly UserEvents? _events;
    private readonly UserSession? _session;
    private readonly long _asked = Stopwatch.GetTimestamp();
    private readonly CancellationToken _cancellation;

    internal Question(UserEvents? events, UserSession? session, RecommendationQuery query, ITopKIndex index, int fetch, CancellationToken cancellation)
    {
        UserEvents kind = events ?? session!.Events;
        (_events, _session, Query, Index, Fetch, _cancellation) = (events, session, query, index, fetch, cancellation);
        Kind = new QuestionKind(index, !kind.Timestamps.IsEmpty, !kind.Ratings.IsEmpty, BitOperations.Log2((uint)fetch));
    }

    internal RecommendationQuery Query { get; }

    internal ITopKIndex Index { get; }

    /// <summary>Items to search for: what is asked, or more where some will be passed over.</summary>
    internal int Fetch { get; }

    /// <summary>Questions of one kind can be answered together.</summary>
    internal QuestionKind Kind { get; }

    internal Task<RecommendationAnswer> Answer => _answered.Task;

    internal TimeSpan Waited => Stopwatch.GetElapsedTime(_asked);

    /// <summary>Whether nobody waits for the answer any more; says so to whoever still looks.</summary>
    internal bool Abandoned => _answered.Task.IsCompleted || (_cancellation.IsCancellationRequested && _answered.TrySetCanceled(_cancellation));

    internal Window Enter(int maxSequenceLength)
    {
        if (_session is null) return new Window(_events!, Math.Max(0, _events!.Count - maxSequenceLength), null);
        var (events, first, cache) = _session.Enter(maxSequenceLength);
        return new Window(events, first, cache);
    }

    internal void Leave(in Window window, bool failed)
    {
        if (window.Cache is not null) _session!.Leave(failed);
    }

    internal void Set(RecommendationAnswer answer) => _answered.TrySetResult(answer);

    internal void Set(Exception failure) => _answered.TrySetException(failure);
}
