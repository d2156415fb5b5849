using System.Runtime.InteropServices;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Training.Distributed;

/// <summary>
/// Exact ranks in a catalogue of which every rank has a part. Of as many batches as there are ranks each encodes one; all get the queries and count, among
/// their own items, those that beat the target.
/// </summary>
internal sealed unsafe class ShardedEvaluation : IDisposable
{
    private readonly RecommenderModel _model;
    private readonly LeaveOneOut _view;
    private readonly EvaluationOptions _options;
    private readonly IProcessGroup _group;
    private readonly ShardedTable _shards;
    private readonly Tape _tape;
    private readonly IRankPart? _part;
    private readonly SequenceBatch[] _batches;
    private readonly ExcludedItems _seen = new();
    private readonly List<int> _places = [];
    private readonly List<float> _ratings = [];
    private readonly List<bool> _hidden = [];
    private readonly List<int> _here = [];
    private readonly int _before;
    private int _user, _batchesDone;

    internal ShardedEvaluation(RecommenderModel model, LeaveOneOut view, EvaluationOptions options, IProcessGroup group, ShardedTable shards)
    {
        (_model, _view, _options, _group, _shards) = (model, view, options, group, shards);
        _tape = new Tape(options.Workers, differentiate: false);
        _batches = [.. Enumerable.Range(0, group.Size).Select(_ => new SequenceBatch())];
        // Row 0 of the table is padding.
        int first = Math.Max(1, model.Items.Held.First), count = model.Items.Held.End - first;
        _before = first - 1;
        if (count > 0) _part = TopKIndex.Part(model, first, count, options.Workers);
    }

    /// <summary>Checks that a method's ranks can be had from parts.</summary>
    /// <exception cref="InvalidInputException">It is not exact.</exception>
    internal static TopKMethod Method(RecommenderModel model, EvaluationOptions options)
    {
        TopKMethod method = options.TopKMethod ?? TopKIndex.Default(model);
        TopKIndex.Check(model, method);
        return method.IsExact
            ? method
            : throw new InvalidInputException($"train_fn.top_k_method = \"{method}\" searches a catalogue as a whole, which train_fn.embedding_sharding = \"rows\" deals out to processes: take {TopKIndex.Default(model)}, or \"replicated\"");
    }

    /// <summary>What this rank knows of the ranks of all targets: their sum over the processes is the ranks.</summary>
    internal RankedTargets Run(IProgress<long>? usersDone)
    {
        _model.RequireInputs(_view.Store);
        while (FillBatches() is > 0 and int count)
        {
            Place(count);
            usersDone?.Report(_places.Count);
        }
        return new RankedTargets([.. _places], _ratings.Count == _places.Count ? [.. _ratings] : [], Method(_model, _options));
    }

    public void Dispose()
    {
        _part?.Dispose();
        _tape.Dispose();
        foreach (SequenceBatch batch in _batches) batch.Dispose();
    }

    // Every rank knows the users of all batches; returns how many batches have some.
    private int FillBatches()
    {
        int filled = 0;
        foreach (SequenceBatch batch in _batches)
        {
            batch.Clear();
            bool wanted = _batchesDone < (_options.MaxBatches ?? int.MaxValue);
            for (; wanted && batch.UserCount < _options.BatchSize && _user < _view.Store.UserCount; _user++)
            {
                if (!_view.IsUsable(_user)) continue;
                LeaveOneOutExample example = _view.Get(_user);
                if (example.TargetRating is { } rating) _ratings.Add(rating);
                batch.Add(_user, example.History, example.TargetItem, example.TargetTimestamp);
                batch.Identify(_view.Store.UserKey(_user));
            }
            if (batch.UserCount == 0) continue;
            filled++;
            _batchesDone++;
        }
        return filled;
    }

    // Places are ranks of targets; a rank here is a process.
    private void Place(int count)
    {
        SequenceBatch own = _batches[_group.Rank];
        _shards.BeginStep();
        _shards.Bring(own.Items);
        _tape.Begin();
        Matrix queries = Gather(_group.Rank < count ? LastStates.Encode(_model, _tape, own) : null, out int[] starts);
        int users = queries.Rows;
        int[] targets = new int[users];
        for (int batch = 0; batch < count; batch++)
            for (int b = 0; b < _batches[batch].UserCount; b++) targets[starts[batch] + b] = _view.Get(_batches[batch].Users[b]).TargetItem - _before;
        float[] scores = new float[users];
        _part?.ScoreTargets(queries, targets, scores);
        fixed (float* first = scores) _group.Sum(first, users);
        // One batch at a time: a count keeps memory for each query.
        for (int batch = 0; batch < count; batch++)
        {
            int first = starts[batch], n = _batches[batch].UserCount;
            Place(_batches[batch], new Matrix(queries.Row(first), null, n, queries.Columns), targets.AsSpan(first, n), scores.AsSpan(first, n));
        }
    }

    private void Place(SequenceBatch batch, Matrix queries, ReadOnlySpan<int> targets, ReadOnlySpan<float> scores)
    {
        Exclude(batch);
        int[] counts = new int[queries.Rows];
        _part?.CountAbove(queries, _seen, targets, scores, counts);
        for (int q = 0; q < counts.Length; q++)
        {
            bool found = !float.IsNaN(scores[q]) && !_hidden[q];
            // The first rank counts the target itself, or says that nothing finds it.
            _places.Add((found ? counts[q] : 0) + (_group.Rank > 0 ? 0 : found ? 1 : _model.ItemCount + 1));
        }
    }

    // The items of each history that are here, in the numbers that they have here.
    private void Exclude(SequenceBatch batch)
    {
        _seen.Clear();
        _hidden.Clear();
        var (first, end) = _model.Items.Held;
        for (int b = 0; b < batch.UserCount; b++)
        {
            _here.Clear();
            LeaveOneOutExample example = _view.Get(batch.Users[b]);
            foreach (int item in example.History.Items)
                if (item >= first && item < end) _here.Add(item - _before);
            _seen.Add(CollectionsMarshal.AsSpan(_here));
            _hidden.Add(example.History.Items.Contains(example.TargetItem));
        }
    }

    // Queries of all batches, one behind the other.
    private Matrix Gather(Matrix? own, out int[] starts)
    {
        starts = new int[_batches.Length + 1];
        for (int batch = 0; batch < _batches.Length; batch++) starts[batch + 1] = starts[batch] + _batches[batch].UserCount;
        int columns = _model.Mixture?.QueryWidth ?? _model.Config.EmbeddingDim;
        Matrix all = _tape.Allocate(starts[^1], columns, clearGradient: false);
        if (own is { } queries) Buffer.MemoryCopy(queries.Data, all.Row(starts[_group.Rank]), queries.Size * sizeof(float), queries.Size * sizeof(float));
        long[] counts = [.. _batches.Select(batch => (long)batch.UserCount * all.Stride)];
        _group.Gather((uint*)all.Data, counts);
        return all;
    }
}
