using System.Globalization;
using System.Text.Json;
using Sequor.Data;
using Spectre.Console;

namespace Sequor.Cli.Inspect;

/// <summary>The newest events of one user, and what is known of the user.</summary>
internal sealed class UserHistory
{
    private const int Shown = 50;

    private readonly SequenceStore store;
    private readonly int user;
    private readonly int first;

    private UserHistory(SequenceStore store, int user, bool all)
    {
        this.store = store;
        this.user = user;
        first = all ? 0 : Math.Max(0, store[user].Length - Shown);
    }

    /// <summary>Finds a user by id.</summary>
    /// <exception cref="InvalidInputException">The store has no such user; the message names one that has.</exception>
    public static UserHistory Of(SequenceStore store, string id, bool all)
    {
        if (store.TryFindUser(id, out int user)) return new UserHistory(store, user, all);
        if (store.UserCount == 0) throw new InvalidInputException($"{store.Path} has no users; prepare data that has");
        string hint = SimilarIds.Nearest(id, store.UserCount, store.UserId) is { } near
            ? $"did you mean '{near}'?"
            : $"its ids are such as {string.Join(", ", Enumerable.Range(0, Math.Min(3, store.UserCount)).Select(row => $"'{store.UserId(row)}'"))}; `sequor export --format csv` writes them all";
        throw new InvalidInputException($"user '{id}' is not among the {Tables.Count(store.UserCount)} users of {store.Path}; {hint}");
    }

    public void Draw(Terminal terminal)
    {
        UserSequence sequence = store[user];
        terminal.Draw(Tables.Facts(
        [
            ("user", store.UserId(user)),
            .. store.UserAttributes.Select(attribute => (attribute.Name, string.Join(", ", attribute.ValuesAt(user)))),
            ("events", first == 0 ? Tables.Count(sequence.Length) : $"{Tables.Count(sequence.Length)}, the newest {Shown} below (--all shows all)"),
        ]));
        string[] headings = [">number", "item", .. When(store.Items.HasTitles, "title"), .. When(store.HasRatings, ">rating"), .. When(store.HasTimestamps, "time (UTC)")];
        Table table = Tables.Create(headings);
        for (int i = first; i < sequence.Length; i++)
        {
            int item = sequence.Items[i];
            table.Add(
            [
                Tables.Count(i + 1),
                store.Items.Id(item),
                .. When(store.Items.HasTitles, store.Items.Title(item) ?? ""),
                .. When(store.HasRatings, store.HasRatings ? sequence.Ratings[i].ToString("0.####", CultureInfo.InvariantCulture) : ""),
                .. When(store.HasTimestamps, store.HasTimestamps ? UtcTime.Show(sequence.Timestamps[i]) : ""),
            ]);
        }

        terminal.Draw(table);
    }

    public void WriteJson(Terminal terminal) => terminal.WriteJson(json =>
    {
        UserSequence sequence = store[user];
        json.WriteString("user", store.UserId(user));
        json.WriteStartObject("attributes");
        foreach (CategoricalAttribute attribute in store.UserAttributes)
        {
            json.WriteStartArray(attribute.Name);
            foreach (string value in attribute.ValuesAt(user)) json.WriteStringValue(value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteNumber("events", sequence.Length);
        json.WriteStartArray("history");
        for (int i = first; i < sequence.Length; i++) WriteEvent(json, sequence, i);
        json.WriteEndArray();
    });

    private void WriteEvent(Utf8JsonWriter json, UserSequence sequence, int place)
    {
        int item = sequence.Items[place];
        json.WriteStartObject();
        json.WriteNumber("number", place + 1);
        json.WriteString("id", store.Items.Id(item));
        if (store.Items.Title(item) is { } title) json.WriteString("title", title);
        if (store.HasRatings) json.WriteNumber("rating", sequence.Ratings[place]);
        if (store.HasTimestamps) json.WriteNumber("timestamp", sequence.Timestamps[place]);
        json.WriteEndObject();
    }

    private static string[] When(bool present, string cell) => present ? [cell] : [];
}
