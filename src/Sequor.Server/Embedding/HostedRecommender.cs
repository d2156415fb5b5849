using Sequor.Server.Answers;
using Sequor.Server.Contracts;
using Sequor.Server.Http;
using Sequor.Server.Models;

namespace Sequor.Server.Embedding;

/// <summary>
/// The recommender of an app: answers with whatever model is there at the moment, and questions that come together in one batch. Thread-safe.
/// </summary>
public sealed class HostedRecommender
{
    private readonly ModelHost _models;
    private readonly RequestRules _rules;
    private readonly TimeProvider _time;

    internal HostedRecommender(ModelHost models, RequestRules rules, TimeProvider time) => (_models, _rules, _time) = (models, rules, time);

    /// <summary>The start of a hash over the files of the model that answers.</summary>
    /// <exception cref="ObjectDisposedException">The app has ended.</exception>
    public string ModelVersion => _models.Version;

    /// <summary>The best items behind the history of a request. Items that the model does not know are left out of it and named in the answer.</summary>
    /// <exception cref="RequestException">The request breaks a rule or does not fit the model; it says which field, which value and which rule.</exception>
    /// <exception cref="ObjectDisposedException">The app has ended.</exception>
    public async Task<RecommendResponse> RecommendAsync(RecommendRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.UserId is { } user)
            throw new RequestException(422, "userId", user, "is not known here: this app keeps no histories; send the events as history");
        _rules.Check(request);
        return await AnonymousHistory.AnswerAsync(_models, request, _time, cancellationToken);
    }

    /// <summary>Takes the model itself, for whatever else it can do; it stays until the lease is disposed of, once, also when another takes its place.</summary>
    /// <exception cref="ObjectDisposedException">The app has ended.</exception>
    public ModelLease Lease() => _models.Lease();
}
