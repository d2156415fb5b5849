using Sequor.Autograd;

namespace Sequor.Retrieval;

/// <summary>The first stage of a search: what may be among the best, by something cheaper than the model's score. One caller uses it at a time.</summary>
internal abstract class CandidateSource : IDisposable
{
    /// <summary>Adds the candidates of all queries.</summary>
    internal abstract void Add(Matrix queries, ExcludedLists excluded, CandidateRanking candidates);

    public abstract void Dispose();
}
