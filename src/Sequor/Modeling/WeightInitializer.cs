using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling;

/// <summary>
/// Draws initial weights. A weight is a function of (seed, parameter name, place in the parameter), so two models of one seed agree
/// wherever their parameters do.
/// </summary>
internal readonly struct WeightInitializer(ulong seed)
{
    /// <summary>N(0, std²).</summary>
    internal void Normal(Parameter parameter, double deviation) => Fill(parameter, (random, at) => deviation * random.Normal(at));

    /// <summary>U(−bound, bound).</summary>
    internal void Uniform(Parameter parameter, double bound) => Fill(parameter, (random, at) => bound * (2 * random.Uniform(at) - 1));

    /// <summary>N(0, 2 / (fan in + fan out)).</summary>
    internal void XavierNormal(Parameter parameter) => Normal(parameter, Math.Sqrt(2.0 / (parameter.Value.Rows + parameter.Value.Columns)));

    /// <summary>U with variance 2 / (fan in + fan out).</summary>
    internal void XavierUniform(Parameter parameter) => Uniform(parameter, Math.Sqrt(6.0 / (parameter.Value.Rows + parameter.Value.Columns)));

    /// <summary>The first of four normals that lies within two deviations, or the first of all (modeling/initialization.py).</summary>
    internal void TruncatedNormal(Parameter parameter, double deviation) => Fill(parameter, (random, at) =>
    {
        double first = random.Normal(4 * at);
        double z = first;
        for (ulong draw = 1; Math.Abs(z) >= 2 && draw < 4; draw++) z = random.Normal(4 * at + draw);
        return deviation * (Math.Abs(z) < 2 ? z : first);
    });

    private void Fill(Parameter parameter, Func<CounterRandom, ulong, double> draw)
    {
        var random = new CounterRandom(seed, RandomPurpose.Initialization, StableHash(parameter.Name));
        ulong at = 0;
        for (int row = 0; row < parameter.Value.Rows; row++)
            foreach (ref float weight in parameter.Value[row]) weight = (float)draw(random, at++);
    }

    // FNV-1a: string.GetHashCode differs from process to process.
    private static ulong StableHash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
