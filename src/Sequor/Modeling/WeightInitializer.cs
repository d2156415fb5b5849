using System.Numerics;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling;

/// <summary>
/// Draws initial weights. A weight is a function of (seed, parameter name, place in the parameter), so two models of one seed agree
/// wherever their parameters do.
/// </summary>
internal readonly struct WeightInitializer(ulong seed)
{
    private const int WeightsPerPiece = 1 << 16;

    private delegate double Draw(in CounterRandom random, ulong at);

    // Draws eight weights; returns a bit for each whose value it cannot vouch for.
    private delegate uint DrawEight(in CounterRandom random, ulong at, Span<float> weights);

    /// <summary>N(0, std²).</summary>
    internal void Normal(Parameter parameter, double deviation) => Fill(parameter, (in random, at) => deviation * random.Normal(at));

    /// <summary>U(−bound, bound).</summary>
    internal void Uniform(Parameter parameter, double bound) => Fill(parameter, (in random, at) => bound * (2 * random.Uniform(at) - 1));

    /// <summary>U(least, most).</summary>
    internal void Uniform(Parameter parameter, double least, double most) => Fill(parameter, (in random, at) => least + (most - least) * random.Uniform(at));

    /// <summary>N(0, 2 / (fan in + fan out)).</summary>
    internal void XavierNormal(Parameter parameter) => Normal(parameter, Math.Sqrt(2.0 / (parameter.Value.Rows + parameter.Value.Columns)));

    /// <summary>U with variance 2 / (fan in + fan out).</summary>
    internal void XavierUniform(Parameter parameter) => Uniform(parameter, Math.Sqrt(6.0 / (parameter.Value.Rows + parameter.Value.Columns)));

    /// <summary>The first of four normals that lies within two deviations, or the first of all (modeling/initialization.py).</summary>
    internal void TruncatedNormal(Parameter parameter, double deviation) => Fill(
        parameter,
        (in random, at) =>
        {
            double first = random.Normal(4 * at);
            double z = first;
            for (ulong draw = 1; Math.Abs(z) >= 2 && draw < 4; draw++) z = random.Normal(4 * at + draw);
            return deviation * (Math.Abs(z) < 2 ? z : first);
        },
        (in random, at, weights) => FirstOfEight(random, at, deviation, weights));

    private void Fill(Parameter parameter, Draw draw, DrawEight? drawEight = null)
    {
        var random = new CounterRandom(seed, RandomPurpose.Initialization, StableHash(parameter.Name));
        Matrix value = parameter.Value;
        int rowsPerPiece = Math.Max(1, WeightsPerPiece / value.Columns);
        var (first, behind) = parameter.Held;
        WorkerPool.Shared.Run((behind - first + rowsPerPiece - 1) / rowsPerPiece, piece =>
        {
            int end = (int)Math.Min(behind, first + (piece + 1L) * rowsPerPiece);
            for (int row = first + piece * rowsPerPiece; row < end; row++)
            {
                Span<float> weights = value[row];
                ulong at = (ulong)row * (ulong)weights.Length;
                for (int c = 0; c < weights.Length; c += 8)
                {
                    int count = Math.Min(8, weights.Length - c);
                    uint open = drawEight is null || count < 8 ? (1u << count) - 1 : drawEight(random, at + (ulong)c, weights.Slice(c, 8));
                    for (; open != 0; open &= open - 1)
                    {
                        int lane = c + BitOperations.TrailingZeroCount(open);
                        weights[lane] = (float)draw(random, at + (ulong)lane);
                    }
                }
            }
        });
    }

    // Vector logarithm and cosine differ from Math's in the last bits of a double. Where neither the cut at two deviations nor the
    // rounding to float can notice, the weights have the very bits of the draw one by one; elsewhere the caller draws so.
    private static uint FirstOfEight(in CounterRandom random, ulong at, double deviation, Span<float> weights)
    {
        const double Doubt = 1e-12;
        const double ToUnit = 1.0 / (1UL << 53);
        Vector512<ulong> counters = (Vector512.Create(at) + Vector512<ulong>.Indices) << 3;
        Vector512<double> one = Vector512<double>.One, unit = Vector512.Create(ToUnit);
        Vector512<double> u = Vector512.ConvertToDouble(random.Bits(counters) >>> 11) * unit;
        Vector512<double> turn = Vector512.ConvertToDouble(random.Bits(counters + Vector512<ulong>.One) >>> 11) * unit;
        Vector512<double> radius = Vector512.Sqrt(Vector512.Create(-2.0) * Vector512.Log(one - u));
        Vector512<double> z = radius * Vector512.Cos(Vector512.Create(2 * Math.PI) * turn);
        Vector512<double> weight = z * Vector512.Create(deviation), size = Vector512.Abs(z);
        Vector256<float> lower = Narrow(weight * Vector512.Create(1 - Doubt)), upper = Narrow(weight * Vector512.Create(1 + Doubt));
        lower.CopyTo(weights);
        // Near a zero of the cosine its relative error is not small.
        ulong open = Vector512.GreaterThan(size, Vector512.Create(2 - 1e-9)).ExtractMostSignificantBits()
            | Vector512.LessThan(size, radius * Vector512.Create(1e-3)).ExtractMostSignificantBits();
        return (uint)open | ~Vector256.Equals(lower, upper).ExtractMostSignificantBits() & 0xFF;
    }

    private static Vector256<float> Narrow(Vector512<double> value) => Vector256.Narrow(value.GetLower(), value.GetUpper());

    // FNV-1a: string.GetHashCode differs from process to process.
    private static ulong StableHash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
