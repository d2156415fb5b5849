namespace Sequor.Retrieval;

/// <summary>
/// A scan of every 32nd block tells about how high the k-th best score lies, and a scan that begins with a bar just below it collects
/// little more than k items instead of k·ln(X/k). The bar is a guess: a scan that ends with fewer than k above it starts anew without.
/// </summary>
internal static class Sample
{
    /// <summary>One block of so many is looked at.</summary>
    internal const int Step = 32;

    /// <summary>
    /// The place in the sample whose score is the bar, or 0 where a sample does not pay. Of the best k about k/32 lie in the sample;
    /// five standard deviations more of them would be very rare if items stood in random order; if they do not, only time is lost.
    /// </summary>
    internal static int Rank(int k, int itemCount)
    {
        double mean = (double)k / Step;
        int rank = (int)(mean + 5 * Math.Sqrt(mean) + 4);
        return (long)rank * Step * 8 <= itemCount ? rank : 0;
    }
}
