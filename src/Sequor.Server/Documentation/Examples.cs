using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Sequor.Server.Contracts;

namespace Sequor.Server.Documentation;

/// <summary>Examples of the OpenAPI document.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, IReadOnlyList<string>> s_attributes = new() { ["genres"] = ["Comedy", "Drama"] };

    private static readonly ScoredItemResponse s_item = new() { Rank = 1, ItemId = "1210", Title = "Return of the Jedi", Score = 12.5f, Attributes = s_attributes };

    /// <summary>Body of a request of an operation; null if it has none.</summary>
    internal static JsonNode? Request(string? operation) => operation switch
    {
        "recommendsItems" => JsonNode.Parse("""
            {
              "history": [
                { "itemId": "260", "timestamp": 978300760 },
                { "itemId": "1196", "timestamp": 978302109 }
              ],
              "k": 3,
              "exclude": ["1270"],
              "where": [{ "attribute": "genres", "anyOf": ["Comedy", "Drama"] }],
              "diversity": { "attribute": "genres", "most": 2 },
              "explain": true
            }
            """),
        "keepsEvents" => JsonNode.Parse("""{ "userId": "42", "events": [{ "itemId": "1210", "eventId": "a-7f3c", "timestamp": 978302268, "rating": 5 }] }"""),
        _ => null,
    };

    /// <summary>Body of a response; null where there is none to show.</summary>
    internal static JsonNode? Response(string? operation, int status) => status is not 200
        ? status < 400 ? null : Node(Problem(status), SequorJson.Default.ProblemResponse)
        : operation switch
        {
            "recommendsItems" => Node(
                new RecommendResponse
                {
                    ModelVersion = "3f6c0a9d21b47e58",
                    Items = [s_item],
                    TopKMethod = "MIPSBruteForceTopK",
                    At = 978_302_300,
                    HistoryCount = 2,
                    WindowCount = 2,
                    Why = [new AttentionResponse { ItemId = "1196", Title = "The Empire Strikes Back", Timestamp = 978_302_109, Share = 0.7f, Content = 1.2f, Position = 0.1f, Time = 0.3f }],
                    Timing = new TimingResponse { QueuedMilliseconds = 0.02, EncodeMilliseconds = 0.41, SearchMilliseconds = 0.12, BatchSize = 1, CachedEvents = 0 },
                },
                SequorJson.Default.RecommendResponse),
            "keepsEvents" => Node(new EventsResponse { UserId = "42", Appended = 1, Repeated = 0, HistoryCount = 54 }, SequorJson.Default.EventsResponse),
            "namesSomeUsers" => Node(new UsersResponse { Count = 6040, UserIds = ["1", "42"] }, SequorJson.Default.UsersResponse),
            "showsAHistory" => Node(
                new HistoryResponse { UserId = "42", Count = 54, Events = [new KeptEventResponse { ItemId = "1210", Title = "Return of the Jedi", Timestamp = 978_302_268, Rating = 5, EventId = "a-7f3c", Known = true }] },
                SequorJson.Default.HistoryResponse),
            "findsItems" => Node(new ItemsResponse { Items = [new ItemResponse { ItemId = "1210", Title = "Return of the Jedi", Popularity = 2883, Attributes = s_attributes }] }, SequorJson.Default.ItemsResponse),
            "showsSimilarItems" => Node(
                new SimilarItemsResponse { ModelVersion = "3f6c0a9d21b47e58", ItemId = "260", Title = "Star Wars", Items = [s_item with { Score = 0.83f }] }, SequorJson.Default.SimilarItemsResponse),
            _ => null,
        };

    private static ProblemResponse Problem(int status)
    {
        (string detail, FieldErrorResponse? error) = status switch
        {
            400 => ("topKmethod is not a field; did you mean topKMethod?", RequestException.Error("topKmethod", null, "is not a field; did you mean topKMethod?")),
            401 => ("an API key is needed: send it as X-API-Key, or as Authorization: Bearer", null),
            404 => ("userId names no user that has events; POST /v1/events begins a history", RequestException.Error("userId", "43", "names no user that has events; POST /v1/events begins a history")),
            422 => ("k must lie in 1 … 1000", RequestException.Error("k", "0", "must lie in 1 … 1000")),
            429 => ("256 requests are under way, as many as this service takes; come back in a second", null),
            503 => ("the service is loading; come back in a second", (FieldErrorResponse?)null),
            _ => ("what is wrong, and what to do", null),
        };
        return new ProblemResponse { Title = ReasonPhrases.GetReasonPhrase(status), Status = status, Detail = detail, TraceId = "0af7651916cd43dd8448eb211c80319c", Errors = error is null ? null : [error] };
    }

    private static JsonNode? Node<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(value, type);
}
