using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>
/// How far a query's score from quantised vectors may lie from its float32 score. With q̂, x̂ the stored forms,
/// q·x − q̂·x̂ = q·(x − x̂) + (q − q̂)·x̂, hence |…| ≤ ‖q‖·‖x − x̂‖ + ‖q − q̂‖·‖x̂‖ (Cauchy–Schwarz); ρ covers the rounding of both sums.
/// </summary>
internal readonly record struct ErrorBound(float PerResidual, float PerNorm)
{
    /// <summary>The bound of a query of this length, itself changed by <paramref name="queryResidual"/>.</summary>
    internal static ErrorBound Of(float queryNorm, float queryResidual, int dim)
    {
        float rounding = (2 * dim + 16) * 5.9604645e-8f * (queryNorm + queryResidual);
        return new((queryNorm + rounding) * 1.001f, (queryResidual + rounding) * 1.001f);
    }

    /// <summary>The bound for the items of a block.</summary>
    internal float Margin(QuantizationError error) => PerResidual * error.Residual + PerNorm * error.Norm;
}
