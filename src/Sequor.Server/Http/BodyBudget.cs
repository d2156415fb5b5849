namespace Sequor.Server.Http;

/// <summary>Memory for the bodies of all requests, whether they have a place yet or not: bodies are read before that, by as many as are connected. Thread-safe.</summary>
internal sealed class BodyBudget(ServerOptions options)
{
    private const long Least = 64 << 20;

    private long _taken;

    /// <summary>Bytes that bodies may take together.</summary>
    internal long Size { get; } = Math.Max(Least, (long)options.MostRequests * options.LargestBody / 8);

    /// <summary>Takes bytes, if so many are left; <see cref="Return"/> gives them back.</summary>
    internal bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= Size) return true;
        Return(bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    internal void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
