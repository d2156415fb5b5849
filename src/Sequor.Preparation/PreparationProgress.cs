namespace Sequor.Preparation;

/// <summary>How far a preparation is: the stage in words, and events done of a total when the stage counts them.</summary>
public readonly record struct PreparationProgress(string Stage, long Done, long? Total);
