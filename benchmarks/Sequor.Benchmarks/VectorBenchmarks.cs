using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Sequor.Kernels;

namespace Sequor.Benchmarks;

/// <summary>Elementary functions and rows: 4,096 floats in the first cache.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public unsafe class VectorBenchmarks
{
    private const int Count = 4096, Row = 64;
    private float* _x, _y;

    [GlobalSetup]
    public void Setup()
    {
        _x = Floats.Random(Count, 1, 5f);
        _y = Floats.Random(Count, 2);
    }

    [GlobalCleanup]
    public void Cleanup() => Floats.Free((nint)_x, (nint)_y);

    [Benchmark(Baseline = true), BenchmarkCategory("exp")]
    public void NaiveExp()
    {
        for (int i = 0; i < Count; i++) _y[i] = MathF.Exp(_x[i]);
    }

    [Benchmark, BenchmarkCategory("exp")]
    public void TensorPrimitivesExp() => TensorPrimitives.Exp(new ReadOnlySpan<float>(_x, Count), new Span<float>(_y, Count));

    [Benchmark, BenchmarkCategory("exp")]
    public void SequorExp()
    {
        switch (Simd.Width)
        {
            case 16: Exp<Vector512<float>, Simd512>(); break;
            case 8: Exp<Vector256<float>, Simd256>(); break;
            default: Exp<Vector128<float>, Simd128>(); break;
        }
    }

    [Benchmark(Baseline = true), BenchmarkCategory("sigmoid")]
    public void NaiveSigmoid()
    {
        for (int i = 0; i < Count; i++) _y[i] = 1 / (1 + MathF.Exp(-_x[i]));
    }

    [Benchmark, BenchmarkCategory("sigmoid")]
    public void TensorPrimitivesSigmoid() => TensorPrimitives.Sigmoid(new ReadOnlySpan<float>(_x, Count), new Span<float>(_y, Count));

    [Benchmark, BenchmarkCategory("sigmoid")]
    public void SequorSigmoid()
    {
        switch (Simd.Width)
        {
            case 16: Sigmoid<Vector512<float>, Simd512>(); break;
            case 8: Sigmoid<Vector256<float>, Simd256>(); break;
            default: Sigmoid<Vector128<float>, Simd128>(); break;
        }
    }

    // Of rows as wide as an embedding.
    [Benchmark(Baseline = true), BenchmarkCategory("dot, 64 rows")]
    public float NaiveDot()
    {
        float sum = 0;
        for (int row = 0; row < Count; row += Row)
        {
            float dot = 0;
            for (int c = 0; c < Row; c++) dot += _x[row + c] * _y[row + c];
            sum += dot;
        }

        return sum;
    }

    [Benchmark, BenchmarkCategory("dot, 64 rows")]
    public float TensorPrimitivesDot()
    {
        float sum = 0;
        for (int row = 0; row < Count; row += Row) sum += TensorPrimitives.Dot(new ReadOnlySpan<float>(_x + row, Row), new ReadOnlySpan<float>(_y + row, Row));
        return sum;
    }

    [Benchmark, BenchmarkCategory("dot, 64 rows")]
    public float SequorDot() => Simd.Width switch
    {
        16 => Dot<Vector512<float>, Simd512>(),
        8 => Dot<Vector256<float>, Simd256>(),
        _ => Dot<Vector128<float>, Simd128>(),
    };

    private float Dot<V, S>() where V : struct where S : struct, ISimd<V>
    {
        float sum = 0;
        for (int row = 0; row < Count; row += Row) sum += RowKernels<V, S>.Dot(_x + row, _y + row, Row);
        return sum;
    }

    private void Exp<V, S>() where V : struct where S : struct, ISimd<V>
    {
        for (int i = 0; i < Count; i += S.Count) S.Store(VectorMath<V, S>.Exp(S.Load(_x + i)), _y + i);
    }

    private void Sigmoid<V, S>() where V : struct where S : struct, ISimd<V>
    {
        for (int i = 0; i < Count; i += S.Count) S.Store(VectorMath<V, S>.Sigmoid(S.Load(_x + i)), _y + i);
    }
}
