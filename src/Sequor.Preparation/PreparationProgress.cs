namespace Sequor.Preparation;

/// <summary>How far a preparation is: the stage in words, and what is done of a total, when the stage counts: events, or bytes of a download or an archive.</summary>
public readonly record struct PreparationProgress(string Stage, long Done, long? Total);
