using System.Runtime.Intrinsics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

/// <summary>The fused attention against loops in double that read like its equation, forward and backward.</summary>
public unsafe class CausalAttentionTests
{
    private const float KeepScale = 1 / 0.75f;
    private const uint Threshold = 1u << 30;

    public static TheoryData<bool, bool, bool> Variants
    {
        get
        {
            var data = new TheoryData<bool, bool, bool>();
            foreach (bool softmax in (bool[])[false, true])
                foreach (bool bias in (bool[])[false, true])
                    foreach (bool dropout in (bool[])[false, true]) data.Add(softmax, bias, dropout);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Attention_and_its_gradients_equal_the_naive_ones_at_every_width(bool softmax, bool bias, bool dropout)
    {
        (int Heads, int Dqk, int Dv)[] shapes = [(1, 5, 7), (2, 3, 4), (3, 9, 1), (1, 16, 16), (2, 25, 25), (3, 1, 18)];
        int seed = 0;
        foreach (int length in Enumerable.Range(1, 70).Concat([128, 147]))
            foreach (var (heads, dqk, dv) in new[] { shapes[length % 6], shapes[(length + length / 6 + 1) % 6] })
            {
                var problem = new Problem(seed++, length, heads, dqk, dv, softmax, bias, dropout, perRow: seed % 2 == 0);
                problem.Compare<Vector128<float>, Simd128>();
                if (Simd.Width >= 8) problem.Compare<Vector256<float>, Simd256>();
                if (Simd.Width == 16) problem.Compare<Vector512<float>, Simd512>();
            }
    }

    private sealed class Problem(int seed, int n, int heads, int dqk, int dv, bool softmax, bool biased, bool dropout, bool perRow)
    {
        private const int Window = 160;
        private const uint FirstToken = 11;

        internal void Compare<V, S>() where V : struct where S : struct, ISimd<V>
        {
            var random = new Random(seed);
            int qk = heads * dqk, vs = heads * dv, stride = Simd.Pad(2 * qk + vs) + 16, outStride = Simd.Pad(vs);
            using Floats input = Floats.Random(random, n * stride), dOut = Floats.Random(random, n * outStride);
            using Floats output = Floats.Filled(n * outStride, 99), gradient = Floats.Filled(n * stride, 99);
            using Floats position = Floats.Random(random, 2 * Window - 1 + 128), time = Floats.Random(random, 256);
            using Floats denominators = new(n * heads), dPosition = new(2 * Window - 1 + 128), dTime = new(TimeBuckets.Count * 16);
            byte[] buckets = new byte[TimeBuckets.Size(n)];
            for (int i = 0; i < buckets.Length; i++) buckets[i] = (byte)random.Next(TimeBuckets.Count);
            var settings = new AttentionSettings
            {
                Scale = softmax ? 0.6f : perRow ? 0 : 1f / Window, DropoutKey = (uint)random.Next(), DropoutThreshold = dropout ? Threshold : 0, DropoutScale = KeepScale,
            };
            fixed (byte* squares = buckets)
            {
                var x = new AttentionSequence
                {
                    Length = n, Query = input.Pointer, Key = input.Pointer + qk, Value = input.Pointer + 2 * qk, Output = output.Pointer,
                    QueryStride = stride, KeyStride = stride, ValueStride = stride, OutputStride = outStride, Buckets = biased && seed % 3 != 0 ? squares : null, FirstToken = FirstToken,
                    Denominators = softmax ? denominators.Pointer : null,
                };
                AttentionSequence d = x;
                d.Query = gradient.Pointer;
                d.Key = gradient.Pointer + qk;
                d.Value = gradient.Pointer + 2 * qk;
                d.Output = dOut.Pointer;
                for (int i = 0; i < n; i++) dOut.Span.Slice(i * outStride + vs, outStride - vs).Clear();
                float* center = position.Pointer + 64 + Window - 1;
                AttentionBias bias = biased ? new() { PositionCenter = center, Time = x.Buckets == null ? null : time.Pointer } : default;
                if (softmax) Run<V, S, SoftmaxWeights<V, S>>(x, d, bias, settings, biased ? dPosition.Pointer + 64 + Window - 1 : null, biased ? dTime.Pointer : null);
                else Run<V, S, SiluWeights<V, S>>(x, d, bias, settings, biased ? dPosition.Pointer + 64 + Window - 1 : null, biased ? dTime.Pointer : null);
                Check(x, d, bias, settings, dPosition.Pointer + 64 + Window - 1, dTime.Pointer, typeof(S).Name);
                for (int i = 0; i < n; i++)
                    for (int c = vs; c < outStride; c++) Assert.Equal(0f, output.Pointer[i * outStride + c]);
                for (int i = 0; i < n; i++)
                    for (int c = 2 * qk + vs; c < stride; c++) Assert.Equal(99f, gradient.Pointer[i * stride + c]);
                Assert.True(output.Intact && gradient.Intact && dPosition.Intact && dTime.Intact && denominators.Intact);
            }
        }

        // Longer sequences in two parts, every other time.
        private void Run<V, S, W>(in AttentionSequence x, in AttentionSequence d, in AttentionBias bias, in AttentionSettings settings, float* dPosition, float* dTime)
            where V : struct where S : struct, ISimd<V> where W : struct, IAttentionWeights<V, S>
        {
            int cut = n > 64 && seed % 2 == 0 ? 64 * ((n - 1) / 64) : 0;
            if (cut == 0)
            {
                CausalAttention<V, S, W>.Forward(x, 0, n, heads, dqk, dv, bias, settings);
                CausalAttention<V, S, W>.Backward(x, d, 0, n, heads, dqk, dv, bias, settings, null, dPosition, dTime);
                return;
            }
            using Floats early = new((int)CausalAttention.KeyGradientSize(n, cut, heads, dqk, dv)), late = new((int)CausalAttention.KeyGradientSize(n, n, heads, dqk, dv));
            CausalAttention<V, S, W>.Forward(x, cut, n, heads, dqk, dv, bias, settings);
            CausalAttention<V, S, W>.Forward(x, 0, cut, heads, dqk, dv, bias, settings);
            CausalAttention<V, S, W>.Backward(x, d, cut, n, heads, dqk, dv, bias, settings, late.Pointer, dPosition, dTime);
            CausalAttention<V, S, W>.Backward(x, d, 0, cut, heads, dqk, dv, bias, settings, early.Pointer, dPosition, dTime);
            for (int c = 0; c < early.Length; c++) late.Pointer[c] += early.Pointer[c];
            CausalAttention.Collect(d, 64, n, heads, dqk, dv, late.Pointer);
            CausalAttention.Collect(d, 0, 64, heads, dqk, dv, late.Pointer);
            Assert.True(early.Intact && late.Intact);
        }

        private void Check(in AttentionSequence x, in AttentionSequence d, in AttentionBias bias, in AttentionSettings settings, float* dPosition, float* dTime, string width)
        {
            double[] dq = new double[n * heads * dqk], dk = new double[n * heads * dqk], dValue = new double[n * heads * dv], dp = new double[n], dt = new double[TimeBuckets.Count];
            for (int h = 0; h < heads; h++)
                for (int i = 0; i < n; i++) Row(x, d, bias, settings, h, i, dq, dk, dValue, dp, dt, width);
            string what = $"{width}, n {n}, heads {heads}, dqk {dqk}, dv {dv}";
            Near(dq, d.Query, (int)d.QueryStride, heads * dqk, "dq, " + what);
            Near(dk, d.Key, (int)d.KeyStride, heads * dqk, "dk, " + what);
            Near(dValue, d.Value, (int)d.ValueStride, heads * dv, "dv, " + what);
            double largest = Math.Max(1, dp.Concat(dt).Max(Math.Abs));
            for (int distance = 0; distance < n && biased; distance++) Assert.True(Math.Abs(dp[distance] - dPosition[-distance]) < 1e-5 * largest, "position, " + what);
            for (int bucket = 0; bucket < TimeBuckets.Count; bucket++)
            {
                double sum = 0;
                for (int lane = 0; lane < 16; lane++) sum += dTime[bucket * 16 + lane];
                Assert.True(Math.Abs(dt[bucket] - sum) < 1e-5 * largest, "time, " + what);
            }
        }

        // out_i = Σ_{j ≤ i} a_ij v_j with a = SiLU(s) · scale or softmax(s · scale), times the dropout factor; and back.
        private void Row(
            in AttentionSequence x, in AttentionSequence d, in AttentionBias bias, in AttentionSettings settings, int h, int i,
            double[] dq, double[] dk, double[] dValue, double[] dp, double[] dt, string width)
        {
            double[] s = new double[i + 1], a = new double[i + 1], da = new double[i + 1], factor = new double[i + 1];
            double scale = settings.Scale == 0 ? 1.0 / (i + 1) : settings.Scale, sum = 0, shared = 0;
            float* lanes = stackalloc float[4];
            for (int j = 0; j <= i; j++)
            {
                for (int c = 0; c < dqk; c++) s[j] += (double)x.Query[i * x.QueryStride + h * dqk + c] * x.Key[j * x.KeyStride + h * dqk + c];
                if (bias.PositionCenter != null) s[j] += bias.PositionCenter[j - i];
                if (bias.Time != null) s[j] += bias.Time[x.Buckets[Pair(i, j)]];
                uint rowKey = CounterRandom.Hash((FirstToken + (uint)i) * (uint)heads + (uint)h, settings.DropoutKey);
                Simd128.Store(Simd128.DropoutFactors(rowKey, (uint)j, settings.DropoutThreshold, settings.DropoutScale), lanes);
                factor[j] = dropout ? lanes[0] : 1;
                sum += a[j] = softmax ? Math.Exp(s[j] * scale) : s[j] / (1 + Math.Exp(-s[j])) * scale;
            }
            for (int j = 0; j <= i; j++)
            {
                if (softmax) a[j] /= sum;
                for (int c = 0; c < dv; c++) da[j] += (double)d.Output[i * d.OutputStride + h * dv + c] * x.Value[j * x.ValueStride + h * dv + c];
                da[j] *= factor[j];
                shared += a[j] * da[j];
            }
            for (int c = 0; c < dv; c++)
            {
                double expected = 0;
                for (int j = 0; j <= i; j++) expected += a[j] * factor[j] * x.Value[j * x.ValueStride + h * dv + c];
                Assert.True(Math.Abs(expected - x.Output[i * x.OutputStride + h * dv + c]) < 5e-6, $"output, {width}, n {n}, row {i}, head {h}, column {c}");
            }
            for (int j = 0; j <= i; j++)
            {
                double sigmoid = 1 / (1 + Math.Exp(-s[j]));
                double ds = softmax ? scale * a[j] * (da[j] - shared) : scale * sigmoid * (1 + s[j] * (1 - sigmoid)) * da[j];
                for (int c = 0; c < dqk; c++)
                {
                    dq[(i * heads + h) * dqk + c] += ds * x.Key[j * x.KeyStride + h * dqk + c];
                    dk[(j * heads + h) * dqk + c] += ds * x.Query[i * x.QueryStride + h * dqk + c];
                }
                for (int c = 0; c < dv; c++) dValue[(j * heads + h) * dv + c] += a[j] * factor[j] * d.Output[i * d.OutputStride + h * dv + c];
                if (bias.PositionCenter != null) dp[i - j] += ds;
                if (bias.Time != null) dt[x.Buckets[Pair(i, j)]] += ds;
            }
        }

        private long Pair(int i, int j) => TimeBuckets.Square(i / 64 * 64, j / 64 * 64) + i % 64 * TimeBuckets.Stride(n) + j % 64;

        private static void Near(double[] expected, float* actual, int stride, int columns, string what)
        {
            double largest = Math.Max(0.1, expected.Max(Math.Abs));
            for (int i = 0; i < expected.Length; i++)
            {
                double difference = Math.Abs(expected[i] - actual[i / columns * stride + i % columns]);
                Assert.True(difference < 1e-5 * largest, $"{what}: [{i / columns}, {i % columns}] is off by {difference}");
            }
        }
    }
}
