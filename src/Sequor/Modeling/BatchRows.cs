using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling;

/// <summary>
/// The rows of a batch that a matrix holds: of each user those from a first one on, all of them as a rule, one user behind the other. What
/// attention reads of the rows before, which are settled, stands in the user's cache.
/// </summary>
internal sealed unsafe class BatchRows : IDisposable
{
    private readonly Action<int> _fillBuckets;
    private readonly CausalPieces _pieces = new();
    private int[] _firsts = new int[64], _offsets = new int[65];
    private long[] _firstBuckets = new long[64];
    private KeyValueCache?[] _caches = [];
    private NativeBuffer _buckets = new(16);
    private BatchRows? _twice;
    private bool _piecesBuilt, _bucketsBuilt;

    internal BatchRows(SequenceBatch batch)
    {
        Batch = batch;
        _fillBuckets = FillBuckets;
    }

    internal SequenceBatch Batch { get; }

    /// <summary>Rows of all users.</summary>
    internal int Count => _offsets[Batch.UserCount];

    /// <summary>First row of each user, and <see cref="Count"/> behind the last (B + 1).</summary>
    internal ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, Batch.UserCount + 1);

    /// <summary>The token of user <paramref name="user"/>, counted from the history's first, that their first row is.</summary>
    internal int First(int user) => _firsts[user];

    /// <summary>Where the row of the user's token 0 stands, or would stand.</summary>
    internal int Origin(int user) => _offsets[user] - _firsts[user];

    /// <summary>Whether any user has a cache.</summary>
    internal bool HasCaches { get; private set; }

    /// <summary>Where rows before the first have left keys and values, and these rows are to; null where there is no need.</summary>
    internal KeyValueCache? Cache(int user) => user < _caches.Length ? _caches[user] : null;

    /// <summary>The rows, cut into pieces of about equal causal work.</summary>
    internal CausalPieces Pieces
    {
        get
        {
            if (!_piecesBuilt) _pieces.Cut(Offsets, _firsts);
            _piecesBuilt = true;
            return _pieces;
        }
    }

    /// <summary>Pairs of a row and a key that it sees.</summary>
    internal long PairCount
    {
        get
        {
            long pairs = 0;
            for (int b = 0; b < Batch.UserCount; b++) pairs += Triangle(Batch.Length(b)) - Triangle(_firsts[b]);
            return pairs;

            static long Triangle(long rows) => rows * (rows + 1) / 2;
        }
    }

    /// <summary>The same rows among tokens, of which <see cref="SequenceBatch.Twice"/> has two an event.</summary>
    internal BatchRows Twice
    {
        get
        {
            SequenceBatch tokens = Batch.Twice;
            _twice ??= new BatchRows(tokens);
            _twice.Begin();
            for (int b = 0; b < Batch.UserCount; b++) _twice.Set(b, 2 * _firsts[b]);
            (_twice._caches, _twice.HasCaches) = (_caches, HasCaches);
            return _twice;
        }
    }

    /// <summary>Time buckets of the rows once they are built; user b's (<see cref="TimeBuckets"/>) start at <see cref="FirstBucket"/>(b).</summary>
    internal byte* Buckets => (byte*)_buckets.Pointer;

    internal long FirstBucket(int user) => _firstBuckets[user];

    /// <summary>Forgets what was made of the rows before, also where none come.</summary>
    internal void Begin() => _piecesBuilt = _bucketsBuilt = false;

    /// <summary>Lets the rows of a user, behind those of the user before, begin at a token.</summary>
    internal void Set(int user, int first)
    {
        if (_firsts.Length <= user)
        {
            Array.Resize(ref _firsts, 2 * user);
            Array.Resize(ref _firstBuckets, 2 * user);
            Array.Resize(ref _offsets, 2 * user + 1);
        }
        _piecesBuilt = _bucketsBuilt = false;
        _firsts[user] = first;
        _offsets[user + 1] = _offsets[user] + Batch.Length(user) - first;
    }

    /// <summary>Lets the rows begin where the users' caches (B; null for none) end.</summary>
    internal void Set(ReadOnlySpan<KeyValueCache?> caches)
    {
        if (_caches.Length < caches.Length) Array.Resize(ref _caches, Math.Max(caches.Length, 2 * _caches.Length));
        _caches.AsSpan().Clear();
        caches.CopyTo(_caches);
        HasCaches = false;
        for (int b = 0; b < caches.Length; b++)
        {
            HasCaches |= caches[b] is not null;
            Set(b, caches[b]?.EventCount ?? 0);
        }
    }

    /// <summary>Place in the batch of the user whose row this is.</summary>
    internal int UserOf(int row)
    {
        // Every user has at least one row, so offsets ascend strictly; a miss is the complement of the next user.
        int user = Offsets.BinarySearch(row);
        return user < 0 ? ~user - 1 : user;
    }

    /// <summary>Copies these rows out of a matrix that holds <paramref name="rows"/>; where both are the same it is the matrix itself.</summary>
    internal Matrix Of(Tape tape, BatchRows rows, Matrix x)
    {
        if (rows == this) return x;
        Matrix some = tape.Allocate(Count, x.Columns);
        for (int b = 0; b < Batch.UserCount; b++)
        {
            int size = (_offsets[b + 1] - _offsets[b]) * x.Stride;
            new ReadOnlySpan<float>(x.Row(rows.Origin(b) + _firsts[b]), size).CopyTo(new Span<float>(some.Row(_offsets[b]), size));
        }
        return some;
    }

    /// <summary>Builds the time buckets, which all layers and heads share, unless they stand already or the batch has no times.</summary>
    internal void BuildTimeBuckets(WorkerPool workers)
    {
        if (!Batch.HasTimes || _bucketsBuilt) return;
        long bytes = 0;
        for (int b = 0; b < Batch.UserCount; b++)
        {
            _firstBuckets[b] = bytes;
            bytes += (TimeBuckets.Size(Batch.Length(b)) + 63) & ~63L;
        }
        long floats = bytes / sizeof(float);
        if (_buckets.Length < floats)
        {
            _buckets.Dispose();
            _buckets = new NativeBuffer(floats + floats / 4);
        }
        workers.Run(Pieces.Count, _fillBuckets);
        _bucketsBuilt = true;
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        _buckets.Dispose();
        _twice?.Dispose();
    }

    private void FillBuckets(int piece)
    {
        fixed (long* times = Batch.Times)
            foreach (ref readonly CausalPart part in _pieces[piece])
                TimeBuckets.Fill(times + Batch.Offsets[part.Sequence] + part.Sequence, Batch.Length(part.Sequence), part.First, part.End, Buckets + _firstBuckets[part.Sequence]);
    }
}
