using BenchmarkDotNet.Attributes;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;

namespace Sequor.Benchmarks;

/// <summary>HSTU attention forward over one history, two heads of 25 with position and time bias, one thread.</summary>
public unsafe class AttentionBenchmarks
{
    private const int Heads = 2, Dim = 25;
    private readonly WorkerPool _workers = new(1);
    private readonly SequenceBatch _batch = new();
    private Tape _tape = null!;
    private Parameter _position = null!, _time = null!, _source = null!;
    private long[] _times = null!;
    private float[] _output = null!;

    [Params(50, 200)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _tape = new Tape(_workers, differentiate: false);
        _position = new Parameter("position", [2 * Length + 1]);
        _time = new Parameter("time", [TimeBuckets.Count]);
        _source = new Parameter("qkv", [Length, 3 * Heads * Dim]);
        var random = new Random(1);
        foreach (Parameter parameter in new[] { _position, _time, _source })
            for (int row = 0; row < parameter.Value.Rows; row++)
                foreach (ref float value in parameter.Value[row]) value = random.NextSingle() - 0.5f;
        long now = 1_000_000_000;
        _times = [.. Enumerable.Range(0, Length + 1).Select(_ => now += random.Next(100_000))];
        _output = new float[Length * Heads * Dim];
        int[] items = [.. Enumerable.Range(1, Length)];
        _batch.Clear();
        _batch.Add(0, new UserSequence(items, [], _times.AsSpan(0, Length)), 1, _times[Length]);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (Parameter parameter in new[] { _position, _time, _source }) parameter.Dispose();
        _batch.Dispose();
        _tape.Dispose();
        _workers.Dispose();
    }

    [Benchmark]
    public void Sequor()
    {
        _tape.Begin();
        AttentionOperation.Apply(
            _tape, _batch.All, _batch.All, 0, new(Heads, Dim, Dim, Softmax: false, 1f / Length, 0, new(_position, _time)),
            new(_source.Value, 0), new(_source.Value, Heads * Dim), new(_source.Value, 2 * Heads * Dim));
    }

    [Benchmark(Baseline = true)]
    public void Naive()
    {
        Span<float> position = _position.Value[0], time = _time.Value[0];
        Array.Clear(_output);
        for (int i = 0; i < Length; i++)
            for (int j = 0; j <= i; j++)
            {
                float bias = position[Length + j - i] + time[Bucket(_times[i + 1] - _times[j])];
                for (int h = 0; h < Heads; h++)
                {
                    float* q = _source.Value.Row(i) + h * Dim, k = _source.Value.Row(j) + (Heads + h) * Dim, v = _source.Value.Row(j) + (2 * Heads + h) * Dim;
                    float score = bias;
                    for (int c = 0; c < Dim; c++) score += q[c] * k[c];
                    float weight = score / (1 + MathF.Exp(-score)) / Length;
                    for (int c = 0; c < Dim; c++) _output[(i * Heads + h) * Dim + c] += weight * v[c];
                }
            }
    }

    private static int Bucket(long difference) => Math.Min((int)(MathF.Log(MathF.Max(Math.Abs((float)difference), 1)) / 0.301f), TimeBuckets.Count - 1);
}
