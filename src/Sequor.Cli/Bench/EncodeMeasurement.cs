using System.Diagnostics;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Cli.Bench;

/// <summary>Times of encoding a history of some length: all of it, and, where asked for, its newest event behind what a cache has settled.</summary>
internal sealed record EncodeMeasurement(int Length, Samples Whole, Samples? Append, long CacheBytes)
{
    private const int ItemCount = 3_883;

    /// <summary>How many times quicker the append is.</summary>
    public double Ratio => Whole.Median / Append!.Median;

    public static EncodeMeasurement Of(ModelConfig config, int length, bool appends, WorkerPool workers, CancellationToken cancellation)
    {
        using var model = new RecommenderModel(config with { MaxSequenceLength = Math.Max(length, config.MaxSequenceLength) }, ItemCount);
        model.Initialize(1);
        if (appends && !model.CanCache) throw new InvalidInputException("hstu_encoder.normalization = \"softmax_rel_bias_unmasked\" has no key/value cache; leave --append out");
        int[] items = new int[length];
        // The least rating has a row in every rating table.
        float[] ratings = new float[length];
        long[] times = new long[length];
        for (int i = 0; i < length; i++) (items[i], times[i]) = (1 + (i * 7919 % ItemCount), 1_000_000_000 + (3_600L * i));
        using var tape = new Tape(workers, differentiate: false);
        using var batch = new SequenceBatch();
        if (!appends) return new EncodeMeasurement(length, Samples.Of(() => Encode(length, null), TimeSpan.FromSeconds(1), cancellation), null, 0);
        using var cache = new KeyValueCache(model);
        Samples whole = new(), append = new();
        Run();
        (whole, append) = (new(), new());
        long begin = Stopwatch.GetTimestamp();
        for (int run = 0; run < 3 || Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(2); run++)
        {
            cancellation.ThrowIfCancellationRequested();
            Run();
        }

        return new EncodeMeasurement(length, whole, append, cache.MemoryBytes);

        // The whole history is encoded between filling and appending, so that neither finds the caches of the machine warmer.
        void Run()
        {
            cache.Clear();
            if (length > 1) Encode(length - 1, cache);
            Time(whole, null);
            Time(append, cache);
        }

        void Time(Samples samples, KeyValueCache? settled)
        {
            long start = Stopwatch.GetTimestamp();
            Encode(length, settled);
            samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        void Encode(int events, KeyValueCache? settled)
        {
            batch.Clear();
            batch.Add(0, new UserSequence(items.AsSpan(0, events), ratings.AsSpan(0, events), times.AsSpan(0, events)), 0, times[events - 1]);
            LastStates.Encode(model, tape, batch, [settled]);
        }
    }
}
