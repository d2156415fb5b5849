using System.Globalization;

namespace Sequor.Preparation.Generating;

/// <summary>Film titles that sound like film titles, none twice.</summary>
internal sealed class SyntheticTitles(SyntheticRandom random)
{
    private static readonly string[] Adjectives =
    [
        "Silent", "Crimson", "Last", "Hidden", "Golden", "Broken", "Distant", "Burning", "Frozen", "Secret", "Wild", "Lonely", "Midnight",
        "Forgotten", "Gentle", "Savage", "Hollow", "Electric", "Velvet", "Northern", "Restless", "Paper", "Iron", "Borrowed", "Amber",
        "Second", "Perfect", "Reluctant", "Invisible", "Quiet",
    ];

    private static readonly string[] Nouns =
    [
        "Harbor", "Witness", "Garden", "Empire", "River", "Stranger", "Summer", "Station", "Detective", "Orchard", "Lighthouse", "Promise",
        "Circus", "Machine", "Wedding", "Voyage", "Mountain", "Letter", "Kingdom", "Shadow", "Dancer", "Bridge", "Winter", "Captain",
        "Horizon", "Masquerade", "Engine", "Island", "Thief", "Violin", "Frontier", "Carnival", "Inheritance", "Signal", "Tide",
    ];

    private static readonly string[] Numerals = ["", " II", " III", " IV", " V", " VI"];

    private readonly HashSet<string> used = [];
    private int numberedCount;

    /// <summary>A fresh name without year.</summary>
    public string Next()
    {
        for (int attempt = 0; attempt < 20; attempt++)
        {
            string noun = Pick(Nouns), other = Pick(Nouns);
            string name = random.Next(4) switch
            {
                0 => $"{noun} of the {other}",
                1 => $"{Pick(Adjectives)} {noun}",
                _ => $"The {Pick(Adjectives)} {noun}",
            };
            if (noun != other && used.Add(name)) return name;
        }

        // Large catalogues outgrow the words.
        return string.Create(CultureInfo.InvariantCulture, $"The {Pick(Adjectives)} {Pick(Nouns)} No. {used.Count + ++numberedCount}");
    }

    /// <summary>The title of a part, 0-based, of a series: "The Silent Harbor II (1996)".</summary>
    public static string Part(string name, int part, int year) => string.Create(CultureInfo.InvariantCulture, $"{name}{Numerals[part]} ({year})");

    private string Pick(string[] words) => words[random.Next(words.Length)];
}
