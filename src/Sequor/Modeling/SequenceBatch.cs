using Sequor.Data;

namespace Sequor.Modeling;

/// <summary>
/// B histories, one behind the other without padding: T = Σ lengths tokens. Token t of a user predicts the item behind it; the last one
/// predicts the target. Reused from step to step.
/// </summary>
public sealed class SequenceBatch : IDisposable
{
    private int[] _users = new int[64], _offsets = new int[65], _items = new int[1024], _targets = new int[1024];
    private float[] _ratings = [], _targetRatings = [];
    private long[] _times = new long[1024], _userKeys = new long[64];
    private readonly BatchRows _all, _last, _unsettled;
    private SequenceBatch? _twice;
    private bool _allBuilt, _lastBuilt, _twiceBuilt;

    /// <summary>An empty batch.</summary>
    public SequenceBatch() => (_all, _last, _unsettled, Whole) = (new BatchRows(this), new BatchRows(this), new BatchRows(this), this);

    /// <summary>An empty share of a batch, to be filled by <see cref="TakeShare"/>.</summary>
    internal SequenceBatch(SequenceBatch whole)
        : this() => Whole = whole;

    /// <summary>The batch that these users are a share of; itself, as a rule.</summary>
    public SequenceBatch Whole { get; }

    /// <summary>Tokens of <see cref="Whole"/> before the first one here.</summary>
    public int FirstToken { get; private set; }

    /// <summary>Users, B.</summary>
    public int UserCount { get; private set; }

    /// <summary>Tokens, T.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Events of the longest history.</summary>
    public int LongestHistory { get; private set; }

    /// <summary>Whether every history came with timestamps and the time of its target.</summary>
    public bool HasTimes { get; private set; }

    /// <summary>Whether every history came with ratings.</summary>
    public bool HasRatings { get; private set; }

    /// <summary>Whether the rating of every target is known too.</summary>
    public bool HasTargetRatings { get; private set; }

    /// <summary>Numbers of the users in the store (B).</summary>
    public ReadOnlySpan<int> Users => _users.AsSpan(0, UserCount);

    /// <summary>What a table of users hashes, of each user (B); −1 where a user is unknown.</summary>
    public ReadOnlySpan<long> UserKeys => _userKeys.AsSpan(0, UserCount);

    /// <summary>First token of each user, and T behind the last (B + 1).</summary>
    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, UserCount + 1);

    /// <summary>Item index of each token (T).</summary>
    public ReadOnlySpan<int> Items => _items.AsSpan(0, TokenCount);

    /// <summary>Item index that each token predicts (T).</summary>
    public ReadOnlySpan<int> Targets => _targets.AsSpan(0, TokenCount);

    /// <summary>Rating of each token's event (T), as the data has it; empty unless <see cref="HasRatings"/>.</summary>
    public ReadOnlySpan<float> Ratings => _ratings.AsSpan(0, HasRatings ? TokenCount : 0);

    /// <summary>Rating of the event that each token predicts (T); empty unless <see cref="HasTargetRatings"/>.</summary>
    public ReadOnlySpan<float> TargetRatings => _targetRatings.AsSpan(0, HasTargetRatings ? TokenCount : 0);

    /// <summary>Timestamps in the unit of the data, seconds as a rule (T + B): a user's event times and then the time of the target, so that token i's next time is entry i + 1.</summary>
    public ReadOnlySpan<long> Times => _times.AsSpan(0, HasTimes ? TokenCount + UserCount : 0);

    /// <summary>Empties the batch.</summary>
    public void Clear()
    {
        UserCount = TokenCount = FirstToken = 0;
        LongestHistory = 0;
        HasTimes = HasRatings = HasTargetRatings = true;
        _allBuilt = _lastBuilt = _twiceBuilt = false;
    }

    /// <summary>
    /// Appends a history and what comes behind it. <paramref name="targetTime"/> is the time of the event to predict: an input to
    /// time-aware encoders, at serving the time of the question. <paramref name="targetRating"/> is a label of losses, never an input.
    /// </summary>
    public void Add(int user, UserSequence history, int targetItem, long? targetTime, float? targetRating = null)
    {
        int length = history.Length;
        if (length == 0) throw new ArgumentException($"user {user} has an empty history; it needs at least one event", nameof(history));
        _allBuilt = _lastBuilt = _twiceBuilt = false;
        LongestHistory = Math.Max(LongestHistory, length);
        Grow(ref _users, UserCount + 1);
        Grow(ref _userKeys, UserCount + 1);
        Grow(ref _offsets, UserCount + 2);
        Grow(ref _items, TokenCount + length);
        Grow(ref _targets, TokenCount + length);
        HasTimes &= targetTime.HasValue && history.Timestamps.Length == length;
        history.Items.CopyTo(_items.AsSpan(TokenCount));
        history.Items[1..].CopyTo(_targets.AsSpan(TokenCount));
        _targets[TokenCount + length - 1] = targetItem;
        if (HasTimes)
        {
            Grow(ref _times, TokenCount + length + UserCount + 1);
            history.Timestamps.CopyTo(_times.AsSpan(TokenCount + UserCount));
            _times[TokenCount + UserCount + length] = targetTime!.Value;
        }
        HasRatings &= history.Ratings.Length == length;
        HasTargetRatings &= HasRatings && targetRating.HasValue;
        if (HasRatings)
        {
            Grow(ref _ratings, TokenCount + length);
            history.Ratings.CopyTo(_ratings.AsSpan(TokenCount));
        }
        if (HasTargetRatings)
        {
            Grow(ref _targetRatings, TokenCount + length);
            history.Ratings[1..].CopyTo(_targetRatings.AsSpan(TokenCount));
            _targetRatings[TokenCount + length - 1] = targetRating!.Value;
        }
        _users[UserCount] = user;
        _userKeys[UserCount] = -1;
        _offsets[UserCount] = TokenCount;
        TokenCount += length;
        UserCount++;
        _offsets[UserCount] = TokenCount;
    }

    /// <summary>
    /// Fills the batch with share <paramref name="part"/> of <paramref name="parts"/> of the whole: neighbouring users, of about equal work
    /// (<see cref="BatchShares"/>); none where the whole has fewer users than parts.
    /// </summary>
    internal void TakeShare(int part, int parts)
    {
        Clear();
        SequenceBatch whole = Whole;
        var (first, end) = BatchShares.Users(whole.Offsets, part, parts);
        int token = whole._offsets[first], tokens = whole._offsets[end] - token, users = end - first;
        (UserCount, TokenCount, FirstToken) = (users, tokens, token);
        (HasTimes, HasRatings, HasTargetRatings) = (whole.HasTimes, whole.HasRatings, whole.HasTargetRatings);
        Grow(ref _offsets, users + 1);
        for (int b = 0; b <= users; b++) _offsets[b] = whole._offsets[first + b] - token;
        for (int b = 0; b < users; b++) LongestHistory = Math.Max(LongestHistory, Length(b));
        Copy(whole._users, ref _users, first, users);
        Copy(whole._userKeys, ref _userKeys, first, users);
        Copy(whole._items, ref _items, token, tokens);
        Copy(whole._targets, ref _targets, token, tokens);
        if (HasTimes) Copy(whole._times, ref _times, token + first, tokens + users);
        if (HasRatings) Copy(whole._ratings, ref _ratings, token, tokens);
        if (HasTargetRatings) Copy(whole._targetRatings, ref _targetRatings, token, tokens);
    }

    /// <summary>Says who the user added last is (<see cref="SequenceStore.UserKey"/>), for models that know users.</summary>
    public void Identify(long userKey)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(userKey);
        _userKeys[UserCount - 1] = userKey;
    }

    /// <summary>The rows of all tokens.</summary>
    internal BatchRows All
    {
        get
        {
            if (!_allBuilt) _all.Begin();
            for (int b = 0; b < UserCount && !_allBuilt; b++) _all.Set(b, 0);
            _allBuilt = true;
            return _all;
        }
    }

    /// <summary>The row of each user's newest token.</summary>
    internal BatchRows Last
    {
        get
        {
            for (int b = 0; b < UserCount && !_lastBuilt; b++) _last.Set(b, Length(b) - 1);
            _lastBuilt = true;
            return _last;
        }
    }

    /// <summary>The rows of the events that the users' caches (B; null for none) have not settled.</summary>
    internal BatchRows Unsettled(ReadOnlySpan<KeyValueCache?> caches)
    {
        _unsettled.Set(caches);
        return _unsettled;
    }

    /// <summary>Events of user <paramref name="user"/> of the batch.</summary>
    public int Length(int user) => _offsets[user + 1] - _offsets[user];

    /// <summary>
    /// The same users with two tokens an event (2T), 2t and 2t + 1 for event t, made once a filling. Both carry the time of their event, so
    /// token 2t's next time is its own event's, and token 2t + 1's that of the next event: what token t has here, no later.
    /// </summary>
    internal SequenceBatch Twice
    {
        get
        {
            _twice ??= new SequenceBatch();
            if (!_twiceBuilt) _twice.FillTwice(this);
            _twiceBuilt = true;
            return _twice;
        }
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        _all.Dispose();
        _last.Dispose();
        _unsettled.Dispose();
        _twice?.Dispose();
    }

    private void FillTwice(SequenceBatch events)
    {
        Clear();
        (UserCount, TokenCount, LongestHistory, HasTimes) = (events.UserCount, 2 * events.TokenCount, 2 * events.LongestHistory, events.HasTimes);
        HasRatings = HasTargetRatings = false;
        Grow(ref _users, UserCount);
        Grow(ref _offsets, UserCount + 1);
        Grow(ref _items, TokenCount);
        Grow(ref _targets, TokenCount);
        Grow(ref _times, TokenCount + UserCount);
        events.Users.CopyTo(_users);
        for (int b = 0; b <= UserCount; b++) _offsets[b] = 2 * events._offsets[b];
        for (int t = 0; t < TokenCount; t++) (_items[t], _targets[t]) = (events._items[t / 2], events._targets[t / 2]);
        for (int b = 0; b < UserCount && HasTimes; b++)
        {
            int first = _offsets[b] + b, last = _offsets[b + 1] + b, source = events._offsets[b] + b;
            for (int i = first; i < last; i++) _times[i] = events._times[source + (i - first) / 2];
            _times[last] = events._times[source + events.Length(b)];
        }
    }

    private static void Copy<T>(T[] source, ref T[] target, int first, int count)
    {
        Grow(ref target, count);
        source.AsSpan(first, count).CopyTo(target);
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length) Array.Resize(ref array, Math.Max(length, array.Length * 2));
    }
}
