using Microsoft.Extensions.DependencyInjection;
using Sequor.Serving;

namespace Sequor.Server.Embedding;

/// <summary>Settings of a model inside an app (<see cref="SequorServices.AddSequor(IServiceCollection, Action{SequorOptions})"/>).</summary>
public sealed class SequorOptions
{
    /// <summary>Directory of the model, such as <c>runs/my/best</c>.</summary>
    public string ModelDirectory { get; set; } = "";

    /// <summary>Takes up a new model in the directory without being asked, between two requests; one that cannot be loaded is refused, and the old one stays.</summary>
    public bool Watch { get; set; }

    /// <summary>How to search and compute: methods, precision, threads, batches at a time. A new model takes them over.</summary>
    public RecommenderOptions Recommender { get; set; } = new();

    /// <summary>Largest k of a request.</summary>
    public int MostResults { get; set; } = 1000;

    /// <summary>Events of a request at most.</summary>
    public int MostEvents { get; set; } = 10_000;

    // The service's own settings of these; an app keeps its histories itself.
    internal ServerOptions ToServerOptions() => new()
    {
        ModelDirectory = ModelDirectory,
        HistoriesPath = "",
        Watch = Watch,
        TopKMethods = Recommender.Methods,
        Precision = Recommender.Precision,
        MostResults = MostResults,
        MostEvents = MostEvents,
    };
}
