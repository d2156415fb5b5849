using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation.Generating;

/// <summary>The sequences of consecutive users, end to end.</summary>
internal sealed class UserChunk
{
    private readonly List<int> ends = [];

    /// <summary>Events of all users of the chunk.</summary>
    public SequenceBuffer Events { get; } = new();

    /// <summary>Number of the first user, 0-based.</summary>
    public long FirstUser { get; private set; }

    /// <summary>Users in the chunk, those without events included.</summary>
    public int UserCount => ends.Count;

    /// <summary>Empties the chunk for users from a number on.</summary>
    public void Begin(long firstUser)
    {
        FirstUser = firstUser;
        ends.Clear();
        Events.Clear();
    }

    /// <summary>What was appended since the last call belongs to the next user.</summary>
    public void EndUser() => ends.Add(Events.Items.Length);

    /// <summary>The events of a user, counted from the first of the chunk.</summary>
    public Range this[int user] => (user == 0 ? 0 : ends[user - 1])..ends[user];
}
