namespace Sequor.Modeling;

/// <summary>How the users of a batch are dealt out to processes: neighbours together, in shares of about equal work, a function of the lengths alone.</summary>
internal static class BatchShares
{
    // A token costs, beside attention, about as much as so many pairs of attention; only balance depends on it.
    private const double TokenWork = 100;

    /// <summary>First user of share <paramref name="part"/> of <paramref name="parts"/> and the one behind its last, of users between <paramref name="offsets"/> (B + 1).</summary>
    internal static (int First, int End) Users(ReadOnlySpan<int> offsets, int part, int parts)
    {
        double total = 0;
        for (int b = 0; b + 1 < offsets.Length; b++) total += Work(offsets[b + 1] - offsets[b]);
        return (Cut(offsets, total * part / parts, part == parts), Cut(offsets, total * (part + 1) / parts, part + 1 == parts));
    }

    // The boundary between users whose work before it comes closest.
    private static int Cut(ReadOnlySpan<int> offsets, double goal, bool all)
    {
        if (all) return offsets.Length - 1;
        double done = 0;
        for (int b = 0; b + 1 < offsets.Length; b++)
        {
            double work = Work(offsets[b + 1] - offsets[b]);
            if (done + work / 2 >= goal) return b;
            done += work;
        }
        return offsets.Length - 1;
    }

    private static double Work(int length) => length * (length + 1.0 + 2 * TokenWork) / 2;
}
