using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>
/// Made-up films and viewers. Two thirds of the films form series, and who has seen a part mostly goes on to the next: a strong
/// next-item signal. Sessions keep to one genre; popularity is skewed (rank^-3/4) and drifts: a film is wanted around its season. Only
/// integer arithmetic and square roots, both exact everywhere, so that a seed gives the same data on every machine.
/// </summary>
public sealed class SyntheticDataset
{
    private const int GenreCount = 10;
    private const long Begin = 946_684_800; // 2000-01-01
    private const int SeasonCount = 8;
    private const long SeasonSeconds = 90 * 86_400;

    private readonly SyntheticSource settings;
    private readonly int[] sequel;
    private readonly bool[] isSequel;
    private readonly int[] season;
    private readonly float[] quality;
    private readonly int[][] genreItems;
    private readonly double[][] genreCumulative;

    /// <summary>Makes the catalogue.</summary>
    /// <exception cref="InvalidInputException">A setting is out of its range.</exception>
    public SyntheticDataset(SyntheticSource settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Check("users", settings.UserCount, 1, int.MaxValue);
        Check("items", settings.ItemCount, 50, 10_000_000);
        Check("mean length", settings.MeanLength, 4, settings.ItemCount / 2);
        this.settings = settings;

        int count = settings.ItemCount;
        sequel = new int[count];
        isSequel = new bool[count];
        season = new int[count];
        quality = new float[count];
        var random = new SyntheticRandom(settings.Seed, 0);
        string?[] titles = new string?[count];
        var genres = new List<int>[GenreCount];
        for (int genre = 0; genre < GenreCount; genre++) genres[genre] = [];

        var names = new SyntheticTitles(random);
        for (int first = 0; first < count;)
        {
            // Series of 2 to 6 parts, or a film that stands alone.
            int parts = Math.Min(random.Next(3) == 0 ? 1 : 2 + random.Next(5), count - first);
            int genre = random.Next(GenreCount), year = 1960 + random.Next(40), start = random.Next(SeasonCount);
            string name = names.Next();
            for (int part = 0; part < parts; part++)
            {
                int item = first + part;
                sequel[item] = part + 1 < parts ? item + 1 : -1;
                isSequel[item] = part > 0;
                season[item] = start;
                quality[item] = 3 + random.Next(3) * 0.5f;
                titles[item] = SyntheticTitles.Part(name, part, year + 2 * part);
                genres[genre].Add(item);
            }

            first += parts;
        }

        string[] ids = new string[count];
        for (int item = 0; item < count; item++) ids[item] = (item + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Items = ItemVocabulary.Create(ids, titles);
        genreItems = Array.ConvertAll(genres, genre => genre.ToArray());
        genreCumulative = Array.ConvertAll(genreItems, items => Popularity(items, random));
    }

    /// <summary>The catalogue, with titles.</summary>
    public ItemVocabulary Items { get; }

    /// <summary>The next part of a series by item index 1..X; 0 when the item is the last part or stands alone.</summary>
    public int SequelOf(int index) => sequel[index - 1] + 1;

    /// <summary>Appends the events of a user 0..U-1.</summary>
    internal void Fill(int user, SequenceBuffer sequence)
    {
        var random = new SyntheticRandom(settings.Seed, 1 + (ulong)user);
        // Between half and one and a half times the mean.
        int length = Math.Max(3, settings.MeanLength / 2 + random.Next(settings.MeanLength + 1));
        int[] favourites = [random.Next(GenreCount), random.Next(GenreCount), random.Next(GenreCount)];
        long time = Begin + random.Next((int)((SeasonCount - 2) * SeasonSeconds));
        var seen = new HashSet<int>();
        int last = -1;
        while (seen.Count < length)
        {
            int session = 2 + random.Next(7);
            int genre = random.Next(8) == 0 ? random.Next(GenreCount) : favourites[random.Next(3)];
            for (int i = 0; i < session && seen.Count < length; i++)
            {
                int item = Next(last, genre, time, seen, random);
                seen.Add(item);
                float rating = Math.Min(5, quality[item] + random.Next(3) * 0.5f);
                sequence.Add(item + 1, rating, time);
                last = item;
                time += 300 + random.Next(3_300);
            }

            time += 86_400 + random.Next(6 * 86_400);
        }
    }

    private int Next(int last, int genre, long time, HashSet<int> seen, SyntheticRandom random)
    {
        // Seven times in ten a series goes on, also over the break between sessions.
        if (last >= 0 && sequel[last] is var next and >= 0 && !seen.Contains(next) && random.Next(10) < 7) return next;

        int now = (int)((time - Begin) / SeasonSeconds) % SeasonCount;
        for (int attempt = 0; attempt < 200; attempt++)
        {
            // A genre that is nearly seen through must not hold a session for ever.
            int from = attempt < 60 && genreItems[genre].Length > 0 ? genre : random.Next(GenreCount);
            if (genreItems[from].Length == 0) continue;
            int item = Draw(from, random);
            if (seen.Contains(item)) continue;
            if (season[item] != now && random.Next(4) != 0) continue;
            // Series are mostly entered at their beginning.
            if (isSequel[item] && random.Next(4) != 0) continue;
            return item;
        }

        int any = random.Next(settings.ItemCount);
        while (seen.Contains(any)) any = (any + 1) % settings.ItemCount;
        return any;
    }

    private int Draw(int genre, SyntheticRandom random)
    {
        double[] cumulative = genreCumulative[genre];
        int place = Array.BinarySearch(cumulative, random.NextUnit() * cumulative[^1]);
        return genreItems[genre][Math.Min(place < 0 ? ~place : place + 1, cumulative.Length - 1)];
    }

    private static double[] Popularity(int[] items, SyntheticRandom random)
    {
        int[] rank = new int[items.Length];
        for (int i = 0; i < rank.Length; i++)
        {
            int other = random.Next(i + 1);
            rank[i] = rank[other];
            rank[other] = i + 1;
        }

        double[] cumulative = new double[items.Length];
        double sum = 0;
        for (int i = 0; i < items.Length; i++)
        {
            double root = Math.Sqrt(rank[i]);
            cumulative[i] = sum += 1 / (root * Math.Sqrt(root));
        }

        return cumulative;
    }

    private static void Check(string name, int value, int smallest, int largest)
    {
        if (value < smallest || value > largest)
        {
            throw new InvalidInputException($"synthetic {name} = {value} must be {smallest} to {largest}; choose another number");
        }
    }
}
