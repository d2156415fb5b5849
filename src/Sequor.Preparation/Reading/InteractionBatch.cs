using System.Collections.Concurrent;

namespace Sequor.Preparation.Reading;

/// <summary>Rows on their way from the reader to the two threads that code users and items; used again and again.</summary>
internal sealed class InteractionBatch(BlockingCollection<InteractionBatch> free)
{
    private TextChunk? chunk;
    private int waiting;

    /// <summary>User ids; they point into the chunk.</summary>
    public Utf8Key[] Users { get; } = new Utf8Key[Utf8Dictionary.BatchSize];

    /// <summary>Item ids; they point into the chunk.</summary>
    public Utf8Key[] Items { get; } = new Utf8Key[Utf8Dictionary.BatchSize];

    /// <summary>Ratings, when there are any.</summary>
    public float[] Ratings { get; } = new float[Utf8Dictionary.BatchSize];

    /// <summary>Microseconds since 1970, when there are times.</summary>
    public long[] Times { get; } = new long[Utf8Dictionary.BatchSize];

    /// <summary>Numbers of the order column, when there is one.</summary>
    public long[] Order { get; } = new long[Utf8Dictionary.BatchSize];

    /// <summary>Row of the source of each row.</summary>
    public long[] Rows { get; } = new long[Utf8Dictionary.BatchSize];

    /// <summary>Number of rows.</summary>
    public int Count { get; set; }

    /// <summary>Begins a use that ends once <see cref="Release"/> was called twice.</summary>
    public void Begin(TextChunk from)
    {
        chunk = from;
        waiting = 2;
    }

    /// <summary>One of the two threads needs the batch no more.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref waiting) > 0) return;
        Abandon();
        free.Add(this);
    }

    /// <summary>Gives the chunk back, if there is one; nobody uses the batch any more.</summary>
    public void Abandon()
    {
        chunk?.Dispose();
        chunk = null;
    }
}
