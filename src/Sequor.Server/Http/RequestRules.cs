using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sequor.Server.Contracts;

namespace Sequor.Server.Http;

/// <summary>What must hold of a request whatever the model: lengths, ranges, what goes with what.</summary>
internal sealed class RequestRules(ServerOptions options)
{
    /// <summary>Longest id or other text, in bytes of UTF-8.</summary>
    internal const int LongestText = 512;

    private const int MostConditions = 16, MostErrors = 20;
    private const string NoDots = "must not be . or .., which no address can name";
    private const long Earliest = -62_135_596_800, Latest = 253_402_300_799;

    private readonly int _mostResults = options.MostResults, _mostEvents = options.MostEvents;

    /// <summary>Checks a request for recommendations.</summary>
    /// <exception cref="RequestException">It breaks rules; names all of them.</exception>
    internal void Check(RecommendRequest request)
    {
        var errors = new Errors();
        if (request.UserId is null == request.History is null)
            errors.Add("userId", request.UserId, request.UserId is null ? "is missing, and so is history; give one of them" : "must not stand beside history; give one of them");
        if (request.UserId is not null) Id(ref errors, "userId", request.UserId);
        if (request.History is { } history) History(ref errors, history);
        Range(ref errors, "k", request.K, 1, _mostResults);
        if (request.At is { } at) Time(ref errors, "at", at);
        Texts(ref errors, "exclude", request.Exclude, _mostEvents);
        Texts(ref errors, "allow", request.Allow, _mostEvents);
        if (request.Allow is { Count: 0 }) errors.Add("allow", "[]", "must name at least one item; leave it out to choose from all");
        if (request.Where is { } where) Conditions(ref errors, where);
        if (request.Diversity is { } diversity)
        {
            Text(ref errors, "diversity.attribute", diversity.Attribute);
            Range(ref errors, "diversity.most", diversity.Most, 1, int.MaxValue);
        }

        if (request.TopKMethod is { } method) Text(ref errors, "topKMethod", method);
        errors.Throw();
    }

    /// <summary>Checks events to keep.</summary>
    /// <param name="request">The events.</param>
    /// <param name="now">Seconds since 1970: events of the future would stay the newest for ever.</param>
    /// <exception cref="RequestException">It breaks rules; names all of them.</exception>
    internal void Check(EventsRequest request, long now)
    {
        const long Day = 86_400;
        var errors = new Errors();
        Id(ref errors, "userId", request.UserId);
        Count(ref errors, "events", request.Events.Count);
        for (int i = 0; i < request.Events.Count && !errors.Full; i++)
        {
            EventRequest? sent = request.Events[i];
            if (sent is null)
            {
                errors.Add($"events[{i}]", "null", "must be an object");
                continue;
            }

            Text(ref errors, "events", i, "itemId", sent.ItemId);
            if (IsDots(sent.ItemId)) errors.Add($"events[{i}].itemId", sent.ItemId, NoDots);
            if (sent.EventId is not null) Text(ref errors, "events", i, "eventId", sent.EventId);
            if (sent.Timestamp is { } time && time > now + Day)
                errors.Add($"events[{i}].timestamp", Show(time), $"must be seconds since 1970, at most a day ahead; {(time / 1000 <= now + Day && time > 100 * now ? "these look like milliseconds" : $"now is {Show(now)}")}");
            else if (sent.Timestamp is < Earliest) Time(ref errors, $"events[{i}].timestamp", sent.Timestamp.Value);
            if (sent.Rating is { } rating && !float.IsFinite(rating)) errors.Add($"events[{i}].rating", null, "must be a finite number");
        }

        errors.Throw();
    }

    /// <summary>Checks an id or a text of the address.</summary>
    /// <exception cref="RequestException">It is empty, too long, or holds control characters.</exception>
    internal static string Checked(string field, string text, bool mayBeEmpty = false)
    {
        if (mayBeEmpty && text.Length == 0) return text;
        var errors = new Errors();
        Text(ref errors, field, text);
        errors.Throw();
        return text;
    }

    private void History(ref Errors errors, IReadOnlyList<HistoryEvent> history)
    {
        Count(ref errors, "history", history.Count);
        for (int i = 0; i < history.Count && !errors.Full; i++)
        {
            HistoryEvent? sent = history[i];
            if (sent is null)
            {
                errors.Add($"history[{i}]", "null", "must be an item id, or an object with itemId");
                continue;
            }

            Text(ref errors, "history", i, "itemId", sent.ItemId);
            if (history[0] is not { } first) continue;
            if (sent.Timestamp.HasValue != first.Timestamp.HasValue) errors.Add($"history[{i}].timestamp", null, "must be there exactly if history[0] has one: all events have times, or none");
            if (sent.Rating.HasValue != first.Rating.HasValue) errors.Add($"history[{i}].rating", null, "must be there exactly if history[0] has one: all events have ratings, or none");
            if (sent.Timestamp is { } time)
            {
                if (time is < Earliest or > Latest) Time(ref errors, $"history[{i}].timestamp", time);
                else if (i > 0 && history[i - 1]?.Timestamp > time) errors.Add($"history[{i}].timestamp", Show(time), "must not be before the event that stands before it: oldest first");
            }

            if (sent.Rating is { } rating && !float.IsFinite(rating)) errors.Add($"history[{i}].rating", null, "must be a finite number");
        }
    }

    private static void Conditions(ref Errors errors, IReadOnlyList<AttributeCondition> where)
    {
        if (where.Count > MostConditions) errors.Add("where", $"{where.Count} conditions", $"must have at most {MostConditions}");
        for (int i = 0; i < where.Count && !errors.Full; i++)
        {
            AttributeCondition? condition = where[i];
            if (condition is null)
            {
                errors.Add($"where[{i}]", "null", "must be an object with attribute");
                continue;
            }

            Text(ref errors, "where", i, "attribute", condition.Attribute);
            Texts(ref errors, $"where[{i}].anyOf", condition.AnyOf, 1000);
            Texts(ref errors, $"where[{i}].noneOf", condition.NoneOf, 1000);
            if (condition.AnyOf is { Count: 0 }) errors.Add($"where[{i}].anyOf", "[]", "must name at least one value; leave it out for any");
            if (condition.AnyOf is null && condition.NoneOf is not { Count: > 0 }) errors.Add($"where[{i}]", null, "must have anyOf or noneOf");
        }
    }

    private void Count(ref Errors errors, string field, int count)
    {
        if (count == 0) errors.Add(field, "[]", "must have at least one event");
        else if (count > _mostEvents) errors.Add(field, $"{count} events", $"must have at most {_mostEvents} events");
    }

    private static void Range(ref Errors errors, string field, int value, int least, int most)
    {
        if (value < least || value > most) errors.Add(field, Show(value), most == int.MaxValue ? $"must be at least {least}" : $"must lie in {least} … {most}");
    }

    private static void Time(ref Errors errors, string field, long time)
    {
        if (time is >= Earliest and <= Latest) return;
        bool milliseconds = time / 1000 is >= Earliest and <= Latest;
        errors.Add(field, Show(time), milliseconds ? "must be seconds since 1970; these look like milliseconds" : "must be seconds since 1970");
    }

    private static void Texts(ref Errors errors, string field, IReadOnlyList<string>? texts, int most)
    {
        if (texts is null) return;
        if (texts.Count > most) errors.Add(field, $"{texts.Count} entries", $"must have at most {most}");
        for (int i = 0; i < texts.Count && !errors.Full; i++)
            if (Fault(texts[i]) is { } rule) errors.Add($"{field}[{i}]", texts[i], rule);
    }

    private static void Text(ref Errors errors, string field, string text)
    {
        if (Fault(text) is { } rule) errors.Add(field, text, rule);
    }

    private static void Id(ref Errors errors, string field, string id)
    {
        Text(ref errors, field, id);
        if (IsDots(id)) errors.Add(field, id, NoDots);
    }

    private static bool IsDots(string? id) => id is "." or "..";

    // The path is put together only for a fault.
    private static void Text(ref Errors errors, string list, int index, string field, string text)
    {
        if (Fault(text) is { } rule) errors.Add($"{list}[{index}].{field}", text, rule);
    }

    private static string? Fault(string? text)
    {
        if (text is null) return "must be a string";
        if (text.Length == 0) return "must not be empty";
        if (text.Length > LongestText / 3 && Encoding.UTF8.GetByteCount(text) > LongestText) return $"must have at most {LongestText} bytes";
        foreach (char letter in text)
            if (char.IsControl(letter)) return "must not hold control characters";
        return null;
    }

    private static string Show(long value) => value.ToString(CultureInfo.InvariantCulture);

    private struct Errors
    {
        private List<FieldErrorResponse>? _list;

        internal readonly bool Full => _list?.Count >= MostErrors;

        internal void Add(string field, string? value, string rule) => (_list ??= []).Add(RequestException.Error(field, value, rule));

        internal readonly void Throw()
        {
            if (_list is not null)
                throw new RequestException(StatusCodes.Status422UnprocessableEntity, _list.Count == 1 ? $"{_list[0].Field} {_list[0].Rule}" : $"{_list.Count} fields break rules", _list);
        }
    }
}
