using Sequor.Data;

namespace Sequor.Cli.Load;

/// <summary>
/// Requests and their times, all drawn before the first is sent. Gaps are exponential (a Poisson process), as those of many people who
/// know nothing of one another; what an answer takes moves no later request.
/// </summary>
internal static class Schedule
{
    /// <summary>Arrivals at <paramref name="rate"/> a second for <paramref name="seconds"/>.</summary>
    public static Arrival[] Poisson(SequenceStore store, LoadSettings settings, double rate, double seconds)
    {
        var random = new Random(settings.Seed);
        var questions = new Questions(store, settings, random);
        var arrivals = new List<Arrival>((int)(rate * seconds * 1.1) + 16);
        for (double due = Gap(random, rate); due < seconds; due += Gap(random, rate)) arrivals.Add(questions.Next() with { Due = due });
        return [.. arrivals];
    }

    /// <summary>So many requests without times.</summary>
    public static Arrival[] Untimed(SequenceStore store, LoadSettings settings, int count)
    {
        var questions = new Questions(store, settings, new Random(settings.Seed));
        var arrivals = new Arrival[count];
        for (int i = 0; i < count; i++) arrivals[i] = questions.Next();
        return arrivals;
    }

    // 1 − u lies in (0, 1].
    private static double Gap(Random random, double rate) => -Math.Log(1 - random.NextDouble()) / rate;

    private sealed class Questions(SequenceStore store, LoadSettings settings, Random random)
    {
        private readonly int[] users = [.. Enumerable.Range(0, store.UserCount).Where(user => store[user].Length > 0)];
        private int lastWithEvent = -1;

        public Arrival Next()
        {
            double share = random.NextDouble(), half = random.NextDouble();
            int user = users[random.Next(users.Length)], cut = 1 + random.Next(store[user].Length);
            bool appends = settings.Kind is LoadKind.Events or LoadKind.Mix && share < settings.AppendShare;
            if (appends) return new Arrival(0, LoadKind.Events, lastWithEvent = user, cut);
            return settings.Kind switch
            {
                LoadKind.History => new Arrival(0, LoadKind.History, user, cut),
                LoadKind.Events when lastWithEvent >= 0 => new Arrival(0, LoadKind.User, lastWithEvent, cut),
                LoadKind.Mix when half < 0.5 => new Arrival(0, LoadKind.History, user, cut),
                _ => new Arrival(0, LoadKind.User, user, cut),
            };
        }
    }
}
