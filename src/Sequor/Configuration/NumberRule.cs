namespace Sequor.Configuration;

/// <summary>A range of real numbers and the sentence that states it.</summary>
internal sealed record NumberRule(Func<double, bool> Holds, string Sentence)
{
    public static readonly NumberRule Positive = new(value => value > 0, "must be greater than 0");

    public static readonly NumberRule NotNegative = new(value => value >= 0, "must be at least 0");

    /// <summary>A rate of 1 would drop everything and divide what is left by zero.</summary>
    public static readonly NumberRule DropoutRate = new(value => value is >= 0 and < 1, "must be at least 0 and less than 1");

    public static readonly NumberRule StochasticLength = new(value => value is > 1 and <= 2, "must be greater than 1 and at most 2");

    public static readonly NumberRule Probability = new(value => value is > 0 and <= 1, "must be greater than 0 and at most 1");
}
