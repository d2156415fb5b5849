using System.Collections.Concurrent;
using Sequor.Artifacts;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>One recommended item.</summary>
/// <param name="ItemIndex">Row of the item table.</param>
/// <param name="ItemId">The id that users know.</param>
/// <param name="Title">What to show, if the data had titles.</param>
/// <param name="Score">Similarity to the history's state; comparable within one answer.</param>
public readonly record struct Recommendation(int ItemIndex, string ItemId, string? Title, float Score);

/// <summary>Answers "what next?" for any history, with the encoder that was trained and the index that was evaluated. Thread-safe.</summary>
public sealed class Recommender : IDisposable
{
    private readonly ModelArtifact _artifact;
    private readonly WorkerPool _workers;
    private readonly MipsBruteForce _index;
    private readonly ConcurrentBag<Workspace> _idle = [];
    private volatile bool _disposed;

    /// <summary>Builds the index of a loaded artefact and takes ownership of it.</summary>
    /// <param name="artifact">Model and items.</param>
    /// <param name="workers">Threads; by default as many as the machine has.</param>
    /// <param name="precision">What the index keeps for its scan: a matter of speed and memory, the answers are the same.</param>
    public Recommender(ModelArtifact artifact, WorkerPool? workers = null, IndexPrecision precision = IndexPrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        _artifact = artifact;
        _workers = workers ?? WorkerPool.Shared;
        _index = new MipsBruteForce(artifact.Model, _workers, precision);
    }

    /// <summary>Item ids and titles.</summary>
    public ItemVocabulary Items => _artifact.Items;

    /// <summary>What the model is and what it scored.</summary>
    public ArtifactManifest Manifest => _artifact.Manifest;

    /// <summary>Loads an artefact directory.</summary>
    /// <exception cref="InvalidInputException">It is missing or damaged.</exception>
    public static Recommender Load(string directory, IndexPrecision precision = IndexPrecision.Float32) => new(ModelArtifact.Load(directory), precision: precision);

    /// <summary>The best <paramref name="k"/> unseen items behind a history.</summary>
    /// <param name="items">Item indices 1 … X, oldest first; only the newest max_sequence_length count.</param>
    /// <param name="timestamps">Seconds of each event, or empty.</param>
    /// <param name="k">Results wanted.</param>
    /// <param name="at">Time of the question in seconds, an input of time-aware models; by default the time of the newest event.</param>
    /// <param name="ratings">Rating of each event, or empty; a model with ratings as input needs them, others do not look.</param>
    /// <exception cref="ArgumentException">The history is empty, holds an unknown item, or timestamps or ratings do not match.</exception>
    /// <exception cref="InvalidInputException">The model reads ratings, and there are none, or one that its rating table lacks.</exception>
    public IReadOnlyList<Recommendation> Recommend(
        ReadOnlySpan<int> items, ReadOnlySpan<long> timestamps, int k = 10, long? at = null, ReadOnlySpan<float> ratings = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (items.IsEmpty) throw new ArgumentException("the history is empty; it needs at least one item", nameof(items));
        if (!timestamps.IsEmpty && timestamps.Length != items.Length)
            throw new ArgumentException($"{timestamps.Length} timestamps for {items.Length} items; give one an item, or none", nameof(timestamps));
        if (!ratings.IsEmpty && ratings.Length != items.Length)
            throw new ArgumentException($"{ratings.Length} ratings for {items.Length} items; give one an item, or none", nameof(ratings));
        foreach (int item in items)
            if (item < 1 || item > Items.Count) throw new ArgumentException($"item index {item} must lie in 1 … {Items.Count}", nameof(items));
        int first = Math.Max(0, items.Length - _artifact.Model.Config.MaxSequenceLength);
        ReadOnlySpan<long> times = timestamps.IsEmpty ? timestamps : timestamps[first..];
        k = Math.Min(k, Items.Count);
        if (!_idle.TryTake(out Workspace? work)) work = new Workspace(_workers);
        try
        {
            int[] found = new int[k];
            float[] scores = new float[k];
            work.Batch.Clear();
            work.Batch.Add(0, new UserSequence(items[first..], ratings.IsEmpty ? ratings : ratings[first..], times), 0, times.IsEmpty ? null : at ?? times[^1]);
            work.Seen.Clear();
            work.Seen.Add(items);
            _index.Search(LastStates.Encode(_artifact.Model, work.Tape, work.Batch), work.Seen, k, found, scores);
            var answer = new List<Recommendation>(k);
            for (int i = 0; i < k && found[i] != 0; i++) answer.Add(new Recommendation(found[i], Items.Id(found[i]), Items.Title(found[i]), scores[i]));
            return answer;
        }
        finally
        {
            _idle.Add(work);
        }
    }

    /// <summary>Ends the native memory; no question may be under way.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out Workspace? work)) work.Dispose();
        _index.Dispose();
        _artifact.Dispose();
    }

    private sealed class Workspace(WorkerPool workers) : IDisposable
    {
        internal Tape Tape { get; } = new(workers, differentiate: false);
        internal SequenceBatch Batch { get; } = new();
        internal ExcludedItems Seen { get; } = new();

        public void Dispose()
        {
            Tape.Dispose();
            Batch.Dispose();
        }
    }
}
