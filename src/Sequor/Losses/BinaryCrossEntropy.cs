namespace Sequor.Losses;

/// <summary>Binary cross entropy of single logits; each leaves the slope in the logit's place and returns the loss.</summary>
internal static unsafe class BinaryCrossEntropy
{
    /// <summary>½·(−log σ(x₀) − log(1 − σ(x₁))): a positive and a negative.</summary>
    internal static double Pair(float* logits)
    {
        double positive = logits[0], negative = logits[1];
        logits[0] = (float)(-0.5 / (1 + Math.Exp(positive)));
        logits[1] = (float)(0.5 / (1 + Math.Exp(-negative)));
        return 0.5 * (Softplus(-positive) + Softplus(negative));
    }

    /// <summary>−y·log σ(x) − (1 − y)·log(1 − σ(x)); its slope is σ(x) − y.</summary>
    internal static double Labelled(float* logit, float label)
    {
        double x = *logit;
        *logit = (float)(1 / (1 + Math.Exp(-x)) - label);
        return Softplus(x) - x * label;
    }

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
}
