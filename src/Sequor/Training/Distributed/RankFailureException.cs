namespace Sequor.Training.Distributed;

/// <summary>A process of the group is lost, or what connects them is; the job ends.</summary>
public sealed class RankFailureException : Exception
{
    /// <summary>What happened, to whom.</summary>
    public RankFailureException(string message)
        : base(message)
    {
    }

    /// <summary>What happened, to whom, and why.</summary>
    public RankFailureException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
