namespace Sequor.Losses;

/// <summary>Replaces each number by its sum over all processes that hold a share of the batch; all of them call it with as many numbers.</summary>
public delegate void SumOverShares(Span<double> values);
