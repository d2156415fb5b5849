using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Losses;

namespace Sequor.Benchmarks;

/// <summary>Sampled softmax of 256 tokens with 128 negatives each over 3,884 rows of 64, not normalised, loss alone, one thread.</summary>
public class SampledSoftmaxBenchmarks
{
    private const int Tokens = 256, Negatives = 128, Dim = 64, Rows = 3_884;
    private const float Temperature = 0.05f;
    private readonly WorkerPool _workers = new(1);
    private readonly int[] _targets = new int[Tokens], _negatives = new int[Tokens * Negatives];
    private readonly float[] _logits = new float[Negatives + 1];
    private Tape _tape = null!;
    private Parameter _table = null!, _states = null!;

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _tape = new Tape(_workers, differentiate: false);
        _table = new Parameter("table", [Rows, Dim], isTable: true);
        _states = new Parameter("states", [Tokens, Dim], isTable: true);
        foreach (Parameter parameter in new[] { _table, _states })
            for (int row = 0; row < parameter.Value.Rows; row++)
                foreach (ref float value in parameter.Value[row]) value = (random.NextSingle() - 0.5f) / 8;
        for (int i = 0; i < _targets.Length; i++) _targets[i] = random.Next(1, Rows);
        for (int i = 0; i < _negatives.Length; i++) _negatives[i] = random.Next(1, Rows);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _table.Dispose();
        _states.Dispose();
        _tape.Dispose();
        _workers.Dispose();
    }

    [Benchmark]
    public double Sequor()
    {
        _tape.Begin();
        return SampledLossOperation.Apply(
            _tape, _table, new NextItemBatch { States = _states.Value, Targets = _targets }, _negatives,
            new SampledLoss { Kind = LossKind.SampledSoftmax, Temperature = Temperature });
    }

    [Benchmark]
    public double TensorPrimitivesDot()
    {
        double loss = 0;
        for (int t = 0; t < Tokens; t++)
        {
            for (int r = 0; r <= Negatives; r++) _logits[r] = TensorPrimitives.Dot<float>(_states.Value[t], _table.Value[Id(t, r)]) / Temperature;
            loss += Loss(t);
        }

        return loss / Tokens;
    }

    [Benchmark(Baseline = true)]
    public double Naive()
    {
        double loss = 0;
        for (int t = 0; t < Tokens; t++)
        {
            Span<float> state = _states.Value[t];
            for (int r = 0; r <= Negatives; r++)
            {
                Span<float> item = _table.Value[Id(t, r)];
                float dot = 0;
                for (int c = 0; c < Dim; c++) dot += state[c] * item[c];
                _logits[r] = dot / Temperature;
            }

            loss += Loss(t);
        }

        return loss / Tokens;
    }

    private int Id(int t, int r) => r == 0 ? _targets[t] : _negatives[t * Negatives + r - 1];

    private double Loss(int t)
    {
        float highest = _logits[0];
        for (int r = 1; r <= Negatives; r++) highest = MathF.Max(highest, _logits[r]);
        double sum = 0;
        for (int r = 0; r <= Negatives; r++) sum += r > 0 && Id(t, r) == _targets[t] ? 0 : MathF.Exp(_logits[r] - highest);
        return Math.Log(sum) + highest - _logits[0];
    }
}
