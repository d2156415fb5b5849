using System.Runtime.CompilerServices;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Similarities;

/// <summary>Dropout inside a pair, a function of (step, token, sample, logit): whoever computes a pair again finds the same mask.</summary>
internal readonly record struct MixtureDropout(Dropout Logits, Dropout Weights, uint Token, uint FirstSample, uint Samples, uint LogitCount)
{
    /// <summary>Factors of the lanes from <paramref name="lane"/> on, for logit <paramref name="logit"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal V Factors<V, S>(in Dropout dropout, int logit, int lane) where V : struct where S : struct, ISimd<V> =>
        S.DropoutFactors(dropout.Key, (Token * LogitCount + (uint)logit) * Samples + FirstSample + (uint)lane, dropout.Threshold, dropout.Scale);
}
