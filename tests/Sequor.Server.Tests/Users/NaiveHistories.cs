using Sequor.Server.Users;

namespace Sequor.Server.Tests.Users;

/// <summary>What the store must be, in lists: an event walks back from the end over those that are later.</summary>
internal sealed class NaiveHistories
{
    private readonly Dictionary<string, List<KeptEvent>> _users = [];

    internal int Count => _users.Count;

    internal List<KeptEvent>? Of(string user) => _users.GetValueOrDefault(user);

    internal AppendOutcome Append(string user, IEnumerable<KeptEvent> events)
    {
        int appended = 0, repeated = 0;
        foreach (KeptEvent one in events)
        {
            if (!_users.TryGetValue(user, out List<KeptEvent>? history)) _users.Add(user, history = []);
            if (one.EventId is not null && history.Exists(other => other.EventId == one.EventId))
            {
                repeated++;
                continue;
            }

            int place = history.Count;
            while (one.Timestamp is not null && place > 0 && history[place - 1].Timestamp > one.Timestamp) place--;
            history.Insert(place, one);
            appended++;
        }

        return new AppendOutcome(appended, repeated, Of(user)?.Count ?? 0);
    }

    internal bool Forget(string user) => _users.Remove(user);
}
