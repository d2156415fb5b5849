using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>
/// Events with ratings as tokens, x = dropout(vector · √width + position): one token [item, rating] an event, or an item token and a rating
/// token (LearnablePositionalEmbeddingRated… and CombinedItemAndRatingInputFeaturesPreprocessor).
/// </summary>
/// <remarks>
/// A step lays the few rating rows out at the columns where they stand in a token, scaled, so that a token is the sum of whole registers.
/// Backward goes by positions first (<see cref="PositionGradient"/>), then by rating rows, each of which one piece owns: O(T) a row.
/// </remarks>
internal sealed unsafe class RatedEmbeddingOperation : Operation
{
    private readonly Action<int> _forward, _positions, _ratingRows, _itemRows;
    private readonly RowGradient _itemGradient = new();
    private BatchRows _events = null!, _tokens = null!;
    private Parameter _items = null!, _ratings = null!, _position = null!;
    private Matrix _x;
    private Dropout _dropout;
    private TokenBlocks _blocks;
    private int _tokensPerEvent, _ratingColumn;
    private float _scale;
    private int* _rows;
    private float* _placed, _itemSource;

    public RatedEmbeddingOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _positions = Choose(Positions<Vector512<float>, Simd512>, Positions<Vector256<float>, Simd256>, Positions<Vector128<float>, Simd128>);
        _ratingRows = Choose(RatingRow<Vector512<float>, Simd512>, RatingRow<Vector256<float>, Simd256>, RatingRow<Vector128<float>, Simd128>);
        _itemRows = Choose(ItemRows<Vector512<float>, Simd512>, ItemRows<Vector256<float>, Simd256>, ItemRows<Vector128<float>, Simd128>);
    }

    /// <summary>
    /// Embeds events as <paramref name="tokens"/>, which are the events themselves, or twice as many: (tokens, columns of the position table).
    /// </summary>
    internal static Matrix Apply(
        Tape tape, BatchRows events, BatchRows tokens, Parameter items, RatingTable ratings, Parameter position, double dropoutRate)
    {
        var op = tape.Next<RatedEmbeddingOperation>();
        (op._events, op._tokens, op._items, op._ratings, op._position) = (events, tokens, items, ratings.Weights, position);
        op._tokensPerEvent = tokens == events ? 1 : 2;
        op._ratingColumn = op._tokensPerEvent == 1 ? items.Value.Columns : 0;
        op._scale = MathF.Sqrt(position.Value.Columns);
        op._dropout = tape.NextDropout(dropoutRate);
        op._x = tape.Allocate(tokens.Count, position.Value.Columns, clearGradient: false);
        op._rows = (int*)tape.AllocateFloats(events.Batch.TokenCount);
        ratings.Look(events.Batch, new Span<int>(op._rows, events.Batch.TokenCount));
        op.Place(tape);
        op._blocks = TokenBlocks.Fine(events.Count);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._x;
    }

    internal override long GatheredBytes => (long)sizeof(float) * _events.Count * _items.Value.Stride;

    internal override void Backward()
    {
        Tape.Workers.Run(PositionGradient.PieceCount(_tokens.Batch), _positions);
        Tape.Workers.Run(_ratings.Value.Rows, _ratingRows);
        // The sums of the item table read rows of its own stride, one an event.
        _itemSource = Tape.AllocateFloats((long)_events.Count * _items.Value.Stride);
        Tape.Workers.Run(_blocks.Count, _itemRows);
        fixed (int* ids = _events.Batch.Items)
            _itemGradient.Set(Tape, ids, _events.Count, 1, null, _scale, _itemSource, _items.Value, normalized: false, epsilon: 0);
        _items.Add(_itemGradient);
    }

    private int ItemToken(int t) => t * _tokensPerEvent;

    private int RatingToken(int t) => t * _tokensPerEvent + _tokensPerEvent - 1;

    private void Place(Tape tape)
    {
        Matrix ratings = _ratings.Value;
        _placed = tape.AllocateFloats((long)ratings.Rows * _x.Stride, clear: true);
        for (int row = 0; row < ratings.Rows; row++)
        {
            float* source = ratings.Row(row), target = _placed + (long)row * _x.Stride + _ratingColumn;
            for (int c = 0; c < ratings.Columns; c++) target[c] = _scale * source[c];
        }
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        ReadOnlySpan<int> items = _events.Batch.Items, offsets = _events.Offsets, tokens = _events.Batch.Offsets;
        int user = _events.UserOf(first);
        for (int t = first; t < end; t++)
        {
            if (t == offsets[user + 1]) user++;
            int @event = t - _events.Origin(user), place = @event * _tokensPerEvent, token = tokens[user] + @event;
            float* item = _items.Value.Row(items[token]), rating = _placed + (long)_rows[token] * _x.Stride;
            if (_tokensPerEvent == 1) Write<V, S>(t, place, item, rating);
            else
            {
                Write<V, S>(ItemToken(t), place, item, null);
                Write<V, S>(RatingToken(t), place + 1, null, rating);
            }
        }
    }

    private void Write<V, S>(int token, int place, float* item, float* rating) where V : struct where S : struct, ISimd<V>
    {
        V scale = S.Create(_scale);
        float* position = _position.Value.Row(place), x = _x.Row(token);
        for (int c = 0; c < _x.Stride; c += S.Count)
        {
            V sum = S.Load(position + c);
            if (item != null && c < _items.Value.Stride) sum = S.MultiplyAdd(S.Load(item + c), scale, sum);
            if (rating != null) sum = S.Add(sum, S.Load(rating + c));
            S.Store(S.Multiply(sum, _dropout.Factors<V, S>(token, _x.Stride, c)), x + c);
        }
    }

    private void Positions<V, S>(int piece) where V : struct where S : struct, ISimd<V> => PositionGradient.Run<V, S>(piece, _tokens.Batch, _x, _position, _dropout);

    private void RatingRow<V, S>(int row) where V : struct where S : struct, ISimd<V>
    {
        float* sum = Scratch.Take(_x.Stride), gradient = _ratings.Value.RowGradient(row);
        new Span<float>(sum, _x.Stride).Clear();
        for (int t = 0; t < _events.Count; t++)
            if (_rows[t] == row) RowKernels<V, S>.Add(_x.RowGradient(RatingToken(t)), sum, _x.Stride);
        for (int c = 0; c < _ratings.Value.Columns; c++) gradient[c] += _scale * sum[_ratingColumn + c];
    }

    private void ItemRows<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        int stride = _items.Value.Stride, columns = _items.Value.Columns;
        for (int t = first; t < end; t++)
        {
            float* gradient = _x.RowGradient(ItemToken(t)), source = _itemSource + (long)t * stride;
            for (int c = 0; c < stride; c += S.Count) S.Store(S.KeepFirst(S.Load(gradient + c), Math.Max(columns - c, 0)), source + c);
        }
    }
}
