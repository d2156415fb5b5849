using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using Sequor.Kernels;

namespace Sequor.Benchmarks;

/// <summary>A dense AdamW step over 2²⁰ weights, one thread: 28 bytes a weight, more than the second cache holds.</summary>
public unsafe class AdamWBenchmarks
{
    private const int Count = 1 << 20;
    private const float Rate = 1e-3f, Beta1 = 0.9f, Beta2 = 0.98f, Epsilon = 1e-8f, Decay = 1e-3f;
    private float* _weights, _gradient, _first, _second;
    private readonly float[] _scratch = new float[Count];

    [GlobalSetup]
    public void Setup()
    {
        _weights = Floats.Random(Count, 1);
        _gradient = Floats.Random(Count, 2);
        _first = Floats.Random(Count, 3);
        _second = Floats.Random(Count, 4);
        for (int i = 0; i < Count; i++) _second[i] = MathF.Abs(_second[i]);
    }

    [GlobalCleanup]
    public void Cleanup() => Floats.Free((nint)_weights, (nint)_gradient, (nint)_first, (nint)_second);

    [Benchmark]
    public void Sequor() => AdamW.Update(_weights, _gradient, _first, _second, Count, new AdamWStep(Rate, Beta1, Beta2, Epsilon, Decay, 10));

    [Benchmark]
    public void TensorPrimitivesPasses()
    {
        Span<float> w = new(_weights, Count), g = new(_gradient, Count), m = new(_first, Count), v = new(_second, Count), s = _scratch;
        TensorPrimitives.Multiply(m, Beta1, m);
        TensorPrimitives.MultiplyAdd(g, 1 - Beta1, m, m);
        TensorPrimitives.Multiply(g, g, s);
        TensorPrimitives.Multiply(v, Beta2, v);
        TensorPrimitives.MultiplyAdd(s, 1 - Beta2, v, v);
        TensorPrimitives.Sqrt(v, s);
        TensorPrimitives.Multiply(s, (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, 10))), s);
        TensorPrimitives.Add(s, Epsilon, s);
        TensorPrimitives.Divide(m, s, s);
        TensorPrimitives.Multiply(w, 1 - Rate * Decay, w);
        TensorPrimitives.MultiplyAdd(s, (float)(-Rate / (1 - Math.Pow(Beta1, 10))), w, w);
    }

    [Benchmark(Baseline = true)]
    public void Naive()
    {
        float step = (float)(Rate / (1 - Math.Pow(Beta1, 10))), correction = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, 10)));
        for (int i = 0; i < Count; i++)
        {
            float g = _gradient[i];
            _first[i] = (Beta1 * _first[i]) + ((1 - Beta1) * g);
            _second[i] = (Beta2 * _second[i]) + ((1 - Beta2) * g * g);
            _weights[i] = (_weights[i] * (1 - Rate * Decay)) - (step * _first[i] / ((MathF.Sqrt(_second[i]) * correction) + Epsilon));
        }
    }
}
