using System.Runtime.CompilerServices;

namespace Sequor.Kernels;

/// <summary>Elementary functions on one register.</summary>
internal static class VectorMath<V, S> where V : struct where S : struct, ISimd<V>
{
    /// <summary>eˣ, 10⁻⁷ relative: 2ⁿ·p(x − n·ln 2), saturating outside −87 … 88.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Exp(V x)
    {
        x = S.Min(S.Max(x, S.Create(-87f)), S.Create(88f));
        V n = S.Round(S.Multiply(x, S.Create(1.44269504f)));
        // ln 2 in two parts, so that the product with n is exact.
        V f = S.MultiplyAdd(n, S.Create(-0.693359375f), x);
        f = S.MultiplyAdd(n, S.Create(2.12194440e-4f), f);
        // The polynomial of Exp2 in f = ln 2 · its argument.
        V p = S.MultiplyAdd(f, S.Create(1.40612409e-3f), S.Create(8.37901141e-3f));
        p = S.MultiplyAdd(p, f, S.Create(4.16647792e-2f));
        p = S.MultiplyAdd(p, f, S.Create(1.66663662e-1f));
        p = S.MultiplyAdd(p, f, S.Create(0.5f));
        p = S.MultiplyAdd(p, f, S.Create(1f));
        p = S.MultiplyAdd(p, f, S.Create(1f));
        return S.Scale(p, n);
    }

    /// <summary>2ˣ, 10⁻⁷ relative, saturating outside −126 … 126.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Exp2(V x)
    {
        x = S.Min(S.Max(x, S.Create(-126f)), S.Create(126f));
        V n = S.Round(x), f = S.Subtract(x, n);
        // Minimax polynomial of 2ᶠ on −½ … ½ with p(0) = 1: 3·10⁻⁹ before rounding.
        V p = S.MultiplyAdd(f, S.Create(1.5594678e-4f), S.Create(1.3406644e-3f));
        p = S.MultiplyAdd(p, f, S.Create(9.617693e-3f));
        p = S.MultiplyAdd(p, f, S.Create(5.5503106e-2f));
        p = S.MultiplyAdd(p, f, S.Create(2.4022653e-1f));
        p = S.MultiplyAdd(p, f, S.Create(6.931472e-1f));
        p = S.MultiplyAdd(p, f, S.Create(1f));
        return S.Scale(p, n);
    }

    /// <summary>log₂ x for normal x ≥ 1, 2·10⁻⁷ of max(1, log₂ x); exactly 0 at 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Log2(V x)
    {
        // A float's bits, read as a number, are exponent and mantissa one behind the other: rounded, they leave z in ¾ … 1½.
        V n = S.Round(S.MultiplyAdd(S.BitsAsNumbers(x), S.Create(1f / (1 << 23)), S.Create(-127f)));
        V z = S.Scale(x, S.Subtract(S.Zero, n)), one = S.Create(1f);
        // log₂ z = 2/ln 2 · artanh(r) with |r| ≤ 1/5; the first term left out is 5·10⁻⁹.
        V r = S.Divide(S.Subtract(z, one), S.Add(z, one)), square = S.Multiply(r, r);
        V p = S.MultiplyAdd(square, S.Create(0.32059890f), S.Create(0.41219858f));
        p = S.MultiplyAdd(p, square, S.Create(0.57707802f));
        p = S.MultiplyAdd(p, square, S.Create(0.96179669f));
        p = S.MultiplyAdd(p, square, S.Create(2.88539008f));
        return S.MultiplyAdd(p, r, n);
    }

    /// <summary>1 / (1 + e⁻ˣ), 5·10⁻⁷ relative. As <see cref="Exp"/>, but for e⁻ˣ at once: HSTU takes more of these than of anything else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Sigmoid(V x)
    {
        x = S.Min(S.Max(x, S.Create(-88f)), S.Create(87f));
        V n = S.Round(S.Multiply(x, S.Create(-1.44269504f)));
        V f = S.MultiplyAdd(n, S.Create(0.693359375f), x);
        f = S.MultiplyAdd(n, S.Create(-2.12194440e-4f), f);
        // Exp's polynomial in −f. A degree less would do for one value; a sum of many, all off to the same side, shows it.
        V p = S.MultiplyAdd(f, S.Create(1.40612409e-3f), S.Create(-8.37901141e-3f));
        p = S.MultiplyAdd(p, f, S.Create(4.16647792e-2f));
        p = S.MultiplyAdd(p, f, S.Create(-1.66663662e-1f));
        p = S.MultiplyAdd(p, f, S.Create(0.5f));
        p = S.MultiplyAdd(p, f, S.Create(-1f));
        p = S.MultiplyAdd(p, f, S.Create(1f));
        return S.Reciprocal(S.Add(S.Create(1f), S.Scale(p, n)));
    }

    /// <summary>Φ(x), the normal distribution function, 10⁻⁷ absolute (Abramowitz and Stegun 7.1.26 for the error function).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V NormalCdf(V x)
    {
        V magnitude = S.Multiply(S.Max(x, S.Subtract(S.Zero, x)), S.Create(0.70710678f));
        V t = S.Divide(S.Create(1f), S.MultiplyAdd(S.Create(0.3275911f), magnitude, S.Create(1f)));
        V p = S.MultiplyAdd(t, S.Create(1.061405429f), S.Create(-1.453152027f));
        p = S.MultiplyAdd(p, t, S.Create(1.421413741f));
        p = S.MultiplyAdd(p, t, S.Create(-0.284496736f));
        p = S.MultiplyAdd(p, t, S.Create(0.254829592f));
        V tail = S.Multiply(S.Multiply(S.Multiply(p, t), Exp(S.Subtract(S.Zero, S.Multiply(magnitude, magnitude)))), S.Create(0.5f));
        return S.SelectBySign(x, S.Subtract(S.Create(1f), tail), tail);
    }

    /// <summary>The density of the standard normal at x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V NormalDensity(V x) => S.Multiply(Exp(S.Multiply(S.Multiply(x, x), S.Create(-0.5f))), S.Create(0.39894228f));
}
