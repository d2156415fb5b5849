namespace Sequor.Losses;

/// <summary>Replaces each number by its sum over all processes that hold a share of the batch; all of them call it with as many numbers.</summary>
public delegate void SumOverShares(Span<double> values);

/// <summary>Brings the rows of items to this process, before they are read; all processes that hold a share of the batch call it.</summary>
public delegate void BringItems(ReadOnlySpan<int> items);
