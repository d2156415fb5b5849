using Orleans.Concurrency;

namespace Sequor.Cluster.Grains;

/// <summary>A user, wherever in the cluster: its events are taken one call after another, its questions are answered beside one another.</summary>
[Alias("sequor.user")]
internal interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Appends events, every one of which has an id.</summary>
    [Alias("append")]
    Task<Reply> AppendAsync(SentEvent[] events);

    /// <summary>Answers a request in JSON.</summary>
    [Alias("recommend"), ReadOnly]
    Task<Reply> RecommendAsync(byte[] request, CancellationToken cancellationToken);

    /// <summary>Forgets the user.</summary>
    [Alias("forget")]
    Task<Reply> ForgetAsync();
}
