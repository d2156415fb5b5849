namespace Sequor.Evaluation.Statistics;

/// <summary>A mean over users and what it might as well have been.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Low">Lower end of its interval of confidence.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Estimate(double Mean, double Low, double High);
