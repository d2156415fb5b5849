using System.Runtime.CompilerServices;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>What follows the product of a linear layer.</summary>
internal enum Activation
{
    None,
    Silu,
    Relu,
    Gelu,
}

/// <summary>An activation on one register: a type, so that the loop around it is compiled for it.</summary>
internal interface IActivation<V, S> where V : struct where S : struct, ISimd<V>
{
    static abstract V Apply(V h, out V derivative);
}

/// <summary>h.</summary>
internal readonly struct Identity<V, S> : IActivation<V, S> where V : struct where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply(V h, out V derivative)
    {
        derivative = S.Create(1f);
        return h;
    }
}

/// <summary>h · σ(h), whose derivative is σ + y · (1 − σ).</summary>
internal readonly struct Silu<V, S> : IActivation<V, S> where V : struct where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply(V h, out V derivative)
    {
        V sigmoid = VectorMath<V, S>.Sigmoid(h), y = S.Multiply(h, sigmoid);
        derivative = S.MultiplyAdd(y, S.Subtract(S.Create(1f), sigmoid), sigmoid);
        return y;
    }
}

/// <summary>max(h, 0).</summary>
internal readonly struct Relu<V, S> : IActivation<V, S> where V : struct where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply(V h, out V derivative)
    {
        derivative = S.SelectBySign(S.Subtract(S.Zero, h), S.Zero, S.Create(1f));
        return S.Max(h, S.Zero);
    }
}

/// <summary>h · Φ(h), whose derivative is Φ + h · φ(h).</summary>
internal readonly struct Gelu<V, S> : IActivation<V, S> where V : struct where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply(V h, out V derivative)
    {
        V cdf = VectorMath<V, S>.NormalCdf(h);
        derivative = S.MultiplyAdd(h, VectorMath<V, S>.NormalDensity(h), cdf);
        return S.Multiply(h, cdf);
    }
}
