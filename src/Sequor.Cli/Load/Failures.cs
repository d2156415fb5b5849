using System.Collections.Concurrent;

namespace Sequor.Cli.Load;

/// <summary>Requests that were not answered with success, by what became of them.</summary>
internal sealed class Failures
{
    private readonly ConcurrentDictionary<string, Kind> kinds = new();

    /// <summary>All of them.</summary>
    public long Count => kinds.Values.Sum(kind => kind.Count);

    /// <summary>Requests that the service put off (429).</summary>
    public long PutOff => kinds.TryGetValue("429", out Kind? kind) ? kind.Count : 0;

    /// <summary>Each kind: its status or what befell the connection, how often, and the first reason that was given.</summary>
    public IEnumerable<(string What, long Count, string Reason)> Kinds =>
        kinds.OrderByDescending(kind => kind.Value.Count).Select(kind => (kind.Key, kind.Value.Count, kind.Value.Reason));

    /// <summary>Counts a failure.</summary>
    /// <param name="what">A status such as <c>429</c>, or <c>timeout</c>, <c>refused</c>, <c>lost</c>.</param>
    /// <param name="reason">Why; the first of a kind is kept.</param>
    public void Add(string what, string reason) => Interlocked.Increment(ref kinds.GetOrAdd(what, _ => new Kind(reason)).Count);

    private sealed class Kind(string reason)
    {
        public long Count;

        public string Reason { get; } = reason;
    }
}
