using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Benchmarks;

/// <summary>One query against 100,000 items of width 64, one thread.</summary>
public class SearchBenchmarks
{
    private const int Items = 100_000, Dim = 64, K = 10;
    private readonly WorkerPool _workers = new(1);
    private readonly ExcludedItems _nothing = new();
    private readonly int[] _found = new int[K];
    private readonly float[] _scores = new float[K], _all = new float[Items];
    private readonly int[] _order = new int[Items];
    private RecommenderModel _model = null!;
    private MipsBruteForce _index = null!;
    private Tape _tape = null!;
    private SequenceBatch _batch = null!;
    private Matrix _query;

    [GlobalSetup]
    public void Setup()
    {
        _model = new RecommenderModel(new ModelConfig { Encoder = EncoderKind.SasRec, EmbeddingDim = Dim }, Items);
        _model.Initialize(1);
        _index = new MipsBruteForce(_model, _workers);
        _tape = new Tape(_workers, differentiate: false);
        _batch = new SequenceBatch();
        _batch.Clear();
        _batch.Add(0, new UserSequence([5, 9, 2], [], []), 0, null);
        _query = LastStates.Encode(_model, _tape, _batch);
        _nothing.Add([]);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _index.Dispose();
        _model.Dispose();
        _tape.Dispose();
        _batch.Dispose();
        _workers.Dispose();
    }

    [Benchmark]
    public void Sequor() => _index.Search(_query, _nothing, K, _found, _scores);

    [Benchmark]
    public void TensorPrimitivesDotAndSort()
    {
        for (int i = 0; i < Items; i++) (_all[i], _order[i]) = (-TensorPrimitives.Dot<float>(_query[0], _model.Items.Value[i + 1]), i + 1);
        Array.Sort(_all, _order);
    }

    [Benchmark(Baseline = true)]
    public void NaiveDotAndSort()
    {
        for (int i = 0; i < Items; i++)
        {
            Span<float> query = _query[0], item = _model.Items.Value[i + 1];
            float sum = 0;
            for (int c = 0; c < Dim; c++) sum += query[c] * item[c];
            (_all[i], _order[i]) = (-sum, i + 1);
        }

        Array.Sort(_all, _order);
    }
}
