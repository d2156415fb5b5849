using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>
/// What this machine can do at most with the threads of a pool, measured: the two roofs under which every kernel stands.
/// </summary>
/// <param name="Gflops">10⁹ float32 operations a second: multiply-adds on registers, nothing loaded.</param>
/// <param name="BytesPerSecond">Bytes read and written a second by an update in place over arrays that outgrow the caches.</param>
public readonly record struct MachinePeak(double Gflops, double BytesPerSecond)
{
    private const int Repeats = 20;
    private const long FusedLoops = 4_000_000;
    private const int Chains = 16;

    // Three arrays of a thread, as the optimizer walks over weights and moments.
    private const long StreamFloats = 24L << 20;

    /// <summary>Measures both; takes about a second.</summary>
    public static MachinePeak Measure(WorkerPool workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        int threads = workers.ThreadCount;
        double seconds = Best(workers, _ => { }, _ => Fuse());
        double gflops = 2.0 * FusedLoops * Chains * Simd.Width * threads / seconds / 1e9;
        var arrays = new NativeBuffer[threads];
        try
        {
            seconds = Best(workers, piece => arrays[piece] ??= new NativeBuffer(StreamFloats), piece => Stream(arrays[piece]));
            return new MachinePeak(gflops, 2.0 * sizeof(float) * StreamFloats * threads / seconds);
        }
        finally
        {
            foreach (NativeBuffer? array in arrays) array?.Dispose();
        }
    }

    private static double Best(WorkerPool workers, Action<int> prepare, Action<int> work)
    {
        workers.Run(workers.ThreadCount, prepare);
        double best = double.PositiveInfinity;
        for (int i = 0; i < Repeats; i++)
        {
            long start = Stopwatch.GetTimestamp();
            workers.Run(workers.ThreadCount, work);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    private static void Fuse()
    {
        switch (Simd.Width)
        {
            case 16: Fuse<Vector512<float>, Simd512>(); break;
            case 8: Fuse<Vector256<float>, Simd256>(); break;
            default: Fuse<Vector128<float>, Simd128>(); break;
        }
    }

    // Chains enough to hide the latency of a multiply-add, in no more registers than AVX2 has.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Fuse<V, S>() where V : struct where S : struct, ISimd<V>
    {
        V x = S.Create(0.999f);
        V a = S.Zero, b = x, c = x, d = x, e = x, f = x, g = x, h = x;
        for (long i = 0; i < FusedLoops * Chains / 8; i++)
        {
            a = S.MultiplyAdd(a, x, x);
            b = S.MultiplyAdd(b, x, x);
            c = S.MultiplyAdd(c, x, x);
            d = S.MultiplyAdd(d, x, x);
            e = S.MultiplyAdd(e, x, x);
            f = S.MultiplyAdd(f, x, x);
            g = S.MultiplyAdd(g, x, x);
            h = S.MultiplyAdd(h, x, x);
        }
        return S.Sum(S.Add(S.Add(S.Add(a, b), S.Add(c, d)), S.Add(S.Add(e, f), S.Add(g, h))));
    }

    private static unsafe void Stream(NativeBuffer array)
    {
        switch (Simd.Width)
        {
            case 16: Stream<Vector512<float>, Simd512>(array.Pointer); break;
            case 8: Stream<Vector256<float>, Simd256>(array.Pointer); break;
            default: Stream<Vector128<float>, Simd128>(array.Pointer); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Stream<V, S>(float* array) where V : struct where S : struct, ISimd<V>
    {
        const long Third = StreamFloats / 3 / 64 * 64;
        V one = S.Create(1f);
        for (long i = 0; i < Third; i += S.Count)
        {
            S.Store(S.Add(S.Load(array + i), one), array + i);
            S.Store(S.Add(S.Load(array + Third + i), one), array + Third + i);
            S.Store(S.Add(S.Load(array + 2 * Third + i), one), array + 2 * Third + i);
        }
    }
}
