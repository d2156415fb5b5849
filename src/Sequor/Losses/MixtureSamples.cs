namespace Sequor.Losses;

/// <summary>The samples of each token, as rows of the items.</summary>
internal readonly unsafe struct MixtureSamples
{
    private readonly int* _places, _targets;

    private MixtureSamples(int* places, int* targets, int count)
    {
        _places = places;
        _targets = targets;
        Count = count;
    }

    /// <summary>Samples of a token, its target the first.</summary>
    internal int Count { get; }

    /// <summary>Samples named one by one (T × <paramref name="count"/>).</summary>
    internal static MixtureSamples Named(int* places, int count) => new(places, null, count);

    /// <summary>The target's row of each token (T), and behind it all <paramref name="items"/> rows.</summary>
    internal static MixtureSamples All(int* targets, int items) => new(null, targets, items + 1);

    /// <summary>Row of the item that is a token's sample.</summary>
    internal int this[int token, int sample] => _places != null ? _places[(long)token * Count + sample] : sample == 0 ? _targets[token] : sample - 1;
}
