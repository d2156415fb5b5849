namespace Sequor.Evaluation.Statistics;

/// <summary>
/// Holm's step-down adjustment (1979): with it the chance that any of several true hypotheses is rejected stays below the level, however they depend on each other.
/// </summary>
public static class Holm
{
    /// <summary>Adjusted p-values in the order of the given ones: of m sorted ones the i-th becomes max over j ≤ i of min(1, (m − j + 1) pⱼ).</summary>
    public static double[] Adjust(IReadOnlyList<double> pValues)
    {
        ArgumentNullException.ThrowIfNull(pValues);
        int[] order = [.. Enumerable.Range(0, pValues.Count).OrderBy(i => pValues[i])];
        double[] adjusted = new double[pValues.Count];
        double largest = 0;
        for (int i = 0; i < order.Length; i++)
        {
            largest = Math.Max(largest, Math.Min(1, (order.Length - i) * pValues[order[i]]));
            adjusted[order[i]] = largest;
        }

        return adjusted;
    }
}
