namespace Sequor.Configuration;

/// <summary>An experiment read from gin and what its reader should be told.</summary>
/// <param name="Config">The experiment, validated.</param>
/// <param name="Notices">Sentences about statements that were accepted and have no effect.</param>
public sealed record LoadedExperiment(ExperimentConfig Config, IReadOnlyList<string> Notices);
