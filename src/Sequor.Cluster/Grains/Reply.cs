using System.Text.Json;
using Sequor.Server;
using Sequor.Server.Contracts;
using Sequor.Server.Users;

namespace Sequor.Cluster.Grains;

/// <summary>What a user answers to another node: exceptions of ours do not travel, so what they say does.</summary>
[GenerateSerializer, Immutable, Alias("sequor.reply")]
internal sealed record Reply
{
    /// <summary>The answer, in JSON; null if there is no such user, or nothing to say.</summary>
    [Id(0)]
    public byte[]? Answer { get; init; }

    /// <summary>What became of events.</summary>
    [Id(1)]
    public int Appended { get; init; }

    [Id(2)]
    public int Repeated { get; init; }

    [Id(3)]
    public int Total { get; init; }

    /// <summary>Whether there was such a user.</summary>
    [Id(4)]
    public bool Found { get; init; }

    /// <summary>Why the request is refused, as a problem document.</summary>
    [Id(5)]
    public byte[]? Refusal { get; init; }

    /// <summary>Why the request must come again.</summary>
    [Id(6)]
    public string? Unavailable { get; init; }

    /// <summary>What became of events.</summary>
    internal static Reply Of(AppendOutcome outcome) => new() { Appended = outcome.Appended, Repeated = outcome.Repeated, Total = outcome.Total };

    /// <summary>Puts what goes wrong into the reply.</summary>
    internal static async Task<Reply> OfAsync(Func<ValueTask<Reply>> answer)
    {
        try
        {
            return await answer();
        }
        catch (RequestException refused)
        {
            var problem = new ProblemResponse { Title = "", Status = refused.Status, Detail = refused.Message, TraceId = "", Errors = refused.Errors };
            return new Reply { Refusal = JsonSerializer.SerializeToUtf8Bytes(problem, SequorJson.Default.ProblemResponse) };
        }
        catch (UsersUnavailableException away)
        {
            return new Reply { Unavailable = away.Message };
        }
    }

    /// <summary>Takes out what went wrong.</summary>
    /// <exception cref="RequestException">The request was refused.</exception>
    /// <exception cref="UsersUnavailableException">It must come again.</exception>
    internal Reply Checked()
    {
        if (Unavailable is { } reason) throw new UsersUnavailableException(reason);
        if (Refusal is null) return this;
        ProblemResponse problem = JsonSerializer.Deserialize(Refusal, SequorJson.Default.ProblemResponse)!;
        throw new RequestException(problem.Status, problem.Detail, problem.Errors ?? []);
    }
}
