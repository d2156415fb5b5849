using System.Globalization;
using Sequor.Data;

namespace Sequor.Cli;

/// <summary>What a user has seen, oldest first, as indices of the model's catalogue.</summary>
/// <param name="Items">Item indices 1..X.</param>
/// <param name="Ratings">Their ratings; empty when unknown.</param>
/// <param name="Timestamps">Their times; empty when unknown.</param>
internal sealed record History(int[] Items, float[] Ratings, long[] Timestamps)
{
    /// <summary>The events of a user of a store; items that the model does not know are left out with a notice.</summary>
    /// <exception cref="InvalidInputException">The store has no such user, or the model knows nothing of the history.</exception>
    public static History OfUser(string storePath, string userId, ItemVocabulary catalogue, Terminal terminal)
    {
        using var store = SequenceStore.Open(storePath);
        store.Verify(terminal.Cancellation);
        if (!store.TryFindUser(userId, out int user))
        {
            throw new InvalidInputException($"user '{userId}' is not in {storePath}, which has {Tables.Count(store.UserCount)} users such as '{store.UserId(0)}'");
        }

        UserSequence sequence = store[user];
        var items = new List<int>(sequence.Length);
        var ratings = new List<float>(sequence.Length);
        var timestamps = new List<long>(sequence.Length);
        for (int i = 0; i < sequence.Length; i++)
        {
            if (!catalogue.TryGetIndex(store.Items.Id(sequence.Items[i]), out int index)) continue;
            items.Add(index);
            if (store.HasRatings) ratings.Add(sequence.Ratings[i]);
            if (store.HasTimestamps) timestamps.Add(sequence.Timestamps[i]);
        }

        if (items.Count == 0) throw new InvalidInputException($"the model knows none of the {sequence.Length} items of user '{userId}'; give the store that it was trained on");
        if (items.Count < sequence.Length) terminal.Notice($"{sequence.Length - items.Count} of {sequence.Length} events are left out: the model does not know their items");
        return new History([.. items], [.. ratings], [.. timestamps]);
    }

    /// <summary>Item ids separated by commas and, if there are any, a rating for each.</summary>
    /// <exception cref="InvalidInputException">An id is not in the catalogue, or the ratings are no numbers or not as many.</exception>
    public static History Parse(string ids, string? ratings, ItemVocabulary catalogue)
    {
        int[] items = [.. ids.Split(',', StringSplitOptions.TrimEntries).Select(id => catalogue.TryGetIndex(id, out int index)
            ? index
            : throw new InvalidInputException($"item '{id}' is not among the {Tables.Count(catalogue.Count)} items of the model, such as '{catalogue.Id(1)}'"))];
        float[] values = ratings is null ? [] : [.. ratings.Split(',', StringSplitOptions.TrimEntries).Select(ParseRating)];
        if (values.Length > 0 && values.Length != items.Length) throw new InvalidInputException($"--ratings has {values.Length} ratings for {items.Length} items; give one an item");
        return new History(items, values, []);
    }

    private static float ParseRating(string text) => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float rating)
        ? rating
        : throw new InvalidInputException($"rating '{text}' is not a number such as 4 or 3.5");
}
