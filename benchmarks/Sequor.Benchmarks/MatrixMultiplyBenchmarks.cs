using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using Sequor.Kernels;

namespace Sequor.Benchmarks;

/// <summary>A block of tokens times a projection, as the linear layers of ml-1m and ml-20m have them.</summary>
public unsafe class MatrixMultiplyBenchmarks
{
    private const int Rows = 128;
    private float* _a, _b, _bTransposed, _c;

    [Params(64, 256)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _a = Floats.Random(Rows * Size, 1);
        _b = Floats.Random(Size * Size, 2);
        _bTransposed = Floats.Random(Size * Size, 3);
        _c = Floats.Random(Rows * Size, 4);
        Layout.Transpose(_b, Size, _bTransposed, Size, Size, Size);
    }

    [GlobalCleanup]
    public void Cleanup() => Floats.Free((nint)_a, (nint)_b, (nint)_bTransposed, (nint)_c);

    [Benchmark]
    public void Sequor() => MatrixMultiply.Run(_a, Size, 1, _b, Size, _c, Size, Rows, Size, Size, false);

    [Benchmark]
    public void TensorPrimitivesDot()
    {
        for (int i = 0; i < Rows; i++)
            for (int j = 0; j < Size; j++)
                _c[i * Size + j] = TensorPrimitives.Dot(new ReadOnlySpan<float>(_a + i * Size, Size), new ReadOnlySpan<float>(_bTransposed + j * Size, Size));
    }

    [Benchmark(Baseline = true)]
    public void Naive()
    {
        for (int i = 0; i < Rows; i++)
            for (int j = 0; j < Size; j++)
            {
                float sum = 0;
                for (int p = 0; p < Size; p++) sum += _a[i * Size + p] * _b[p * Size + j];
                _c[i * Size + j] = sum;
            }
    }
}
