using Sequor.Data;
using Sequor.Kernels;

namespace Sequor.Training;

/// <summary>
/// Leaves out part of the training histories: each event with a fixed probability (<c>positional_sampling_ratio</c>), or the older
/// part of long histories by Stochastic Length (arXiv 2402.17152, section 3.3). What it keeps is a function of (seed, epoch, user).
/// </summary>
internal sealed class HistorySampler(LeaveOneOut view, TrainingConfig config)
{
    private readonly double _shortLength = Math.Pow(view.MaxSequenceLength, config.StochasticLengthAlpha / 2);
    private bool[] _keep = [];
    private int[] _items = [], _places = [];
    private double[] _keys = [];
    private float[] _ratings = [];
    private long[] _times = [];

    /// <summary>Whether everything is kept.</summary>
    private bool KeepsAll => config.PositionalSamplingRatio >= 1 && config.StochasticLengthAlpha >= 2;

    /// <summary>History and target of a user in this epoch, valid until the next call; false when fewer than two events are kept.</summary>
    internal bool TryGet(int user, int epoch, out LeaveOneOutExample example)
    {
        if (KeepsAll)
        {
            example = view.Get(user);
            return true;
        }
        int events = view.EventCount(user);
        if (_keep.Length < events)
        {
            int size = Math.Max(events, 2 * _keep.Length);
            (_keep, _items, _ratings, _times, _keys, _places) = (new bool[size], new int[size], new float[size], new long[size], new double[size], new int[size]);
        }
        Span<bool> keep = _keep.AsSpan(0, events);
        if (config.PositionalSamplingRatio < 1)
        {
            var random = new CounterRandom(config.Seed, RandomPurpose.PositionalSampling, (ulong)epoch);
            for (int i = 0; i < events; i++) keep[i] = random.Uniform(Counter(user, i)) < config.PositionalSamplingRatio;
        }
        else if (!TryShorten(user, epoch, keep))
        {
            example = view.Get(user);
            return true;
        }
        return view.TryGetSampled(user, keep, _items, _ratings, _times, out example);
    }

    // n ≤ N^(α/2) stays whole. A longer history stays whole with probability N^α / n², or else becomes N^(α/2) of its events in their
    // order, drawn without replacement with weights that rise linearly from the oldest to the newest (keys ln(u) / w, the largest win).
    private bool TryShorten(int user, int epoch, Span<bool> keep)
    {
        int length = Math.Min(keep.Length - 1, view.MaxSequenceLength), first = keep.Length - 1 - length;
        var random = new CounterRandom(config.Seed, RandomPurpose.StochasticLength, (ulong)epoch);
        double share = _shortLength / length;
        if (share >= 1 || random.Uniform(Counter(user, keep.Length)) < share * share) return false;
        for (int i = 0; i < length; i++) (_keys[i], _places[i]) = (-Math.Log(1 - random.Uniform(Counter(user, i))) / (i + 1), first + i);
        Array.Sort(_keys, _places, 0, length);
        keep.Clear();
        foreach (int place in _places.AsSpan(0, Math.Max(1, (int)_shortLength))) keep[place] = true;
        keep[^1] = true;
        return true;
    }

    private static ulong Counter(int user, int place) => ((ulong)user << 32) | (uint)place;
}
