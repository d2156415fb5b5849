using Sequor.Data;
using Sequor.Preparation.Generating;
using Sequor.Preparation.Sequencing;

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
    private readonly float[] quality;
    private readonly PopularityTable[] genreItems;

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
        bool[] isSequel = new bool[count];
        byte[] season = new byte[count];
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
                season[item] = (byte)start;
                quality[item] = 3 + random.Next(3) * 0.5f;
                titles[item] = SyntheticTitles.Part(name, part, year + 2 * part);
                genres[genre].Add(item);
            }

            first += parts;
        }

        Items = ItemVocabulary.Create(CountedRows.Numbers(count), titles);
        genreItems = Array.ConvertAll(genres, items => new PopularityTable(Popularity(items, random, season, isSequel)));
    }

    /// <summary>The catalogue, with titles.</summary>
    public ItemVocabulary Items { get; }

    /// <summary>The next part of a series by item index 1..X; 0 when the item is the last part or stands alone.</summary>
    public int SequelOf(int index) => sequel[index - 1] + 1;

    /// <summary>Makes users; every thread takes a generator of its own.</summary>
    internal UserGenerator NewGenerator()
    {
        var seen = new SeenItems(settings.ItemCount);
        return (user, sequence) =>
        {
            seen.Clear();
            Fill(user, sequence, seen);
        };
    }

    private void Fill(long user, SequenceBuffer sequence, SeenItems seen)
    {
        var random = new SyntheticRandom(settings.Seed, 1 + (ulong)user);
        // Between half and one and a half times the mean.
        int length = Math.Max(3, settings.MeanLength / 2 + random.Next(settings.MeanLength + 1));
        int[] favourites = [random.Next(GenreCount), random.Next(GenreCount), random.Next(GenreCount)];
        long time = Begin + random.Next((int)((SeasonCount - 2) * SeasonSeconds));
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

    private int Next(int last, int genre, long time, SeenItems seen, SyntheticRandom random)
    {
        // Seven times in ten a series goes on, also over the break between sessions.
        if (last >= 0 && sequel[last] is var next and >= 0 && !seen.Contains(next) && random.Next(10) < 7) return next;

        int now = (int)((time - Begin) / SeasonSeconds) % SeasonCount;
        for (int attempt = 0; attempt < 200; attempt++)
        {
            // A genre that is nearly seen through must not hold a session for ever.
            int from = attempt < 60 && !genreItems[genre].IsEmpty ? genre : random.Next(GenreCount);
            if (genreItems[from].IsEmpty) continue;
            ref readonly PopularItem drawn = ref genreItems[from].Draw(random);
            if (seen.Contains(drawn.Item)) continue;
            if (drawn.Season != now && random.Next(4) != 0) continue;
            // Series are mostly entered at their beginning.
            if (drawn.IsSequel && random.Next(4) != 0) continue;
            return drawn.Item;
        }

        int any = random.Next(settings.ItemCount);
        while (seen.Contains(any)) any = (any + 1) % settings.ItemCount;
        return any;
    }

    private static PopularItem[] Popularity(List<int> items, SyntheticRandom random, byte[] season, bool[] isSequel)
    {
        int[] rank = new int[items.Count];
        for (int i = 0; i < rank.Length; i++)
        {
            int other = random.Next(i + 1);
            rank[i] = rank[other];
            rank[other] = i + 1;
        }

        var popular = new PopularItem[items.Count];
        double sum = 0;
        for (int i = 0; i < popular.Length; i++)
        {
            double root = Math.Sqrt(rank[i]);
            popular[i] = new PopularItem(sum += 1 / (root * Math.Sqrt(root)), items[i], season[items[i]], isSequel[items[i]]);
        }

        return popular;
    }

    private static void Check(string name, int value, int smallest, int largest)
    {
        if (value < smallest || value > largest)
        {
            throw new InvalidInputException($"synthetic {name} = {value} must be {smallest} to {largest}; choose another number");
        }
    }
}
