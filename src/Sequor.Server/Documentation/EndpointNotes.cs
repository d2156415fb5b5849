using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Sequor.Server.Contracts;

namespace Sequor.Server.Documentation;

/// <summary>What an endpoint says of itself in the OpenAPI document. Endpoints read their requests themselves, so none of it is found out from a signature.</summary>
internal static class EndpointNotes
{
    private const string Json = "application/json";

    // The document lists what has a method; all of them take the context alone.
    private static readonly MethodInfo s_method = ((RequestDelegate)Answer).Method;

    internal static IEndpointConventionBuilder Describe(this IEndpointConventionBuilder endpoint, string summary, string description, string tag) =>
        endpoint.WithMetadata(s_method).WithSummary(summary).WithDescription(description).WithTags(tag).WithName(Name(summary));

    internal static IEndpointConventionBuilder Takes<T>(this IEndpointConventionBuilder endpoint) => endpoint.WithMetadata(new AcceptsMetadata([Json], typeof(T)));

    internal static IEndpointConventionBuilder Gives<T>(this IEndpointConventionBuilder endpoint, int status = StatusCodes.Status200OK) =>
        endpoint.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(T), [Json]));

    internal static IEndpointConventionBuilder GivesNothing(this IEndpointConventionBuilder endpoint) => endpoint.WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status204NoContent));

    internal static IEndpointConventionBuilder Refuses(this IEndpointConventionBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in statuses) endpoint.WithMetadata(Problem(status));
        // What anyone may be told, whatever was asked.
        foreach (int status in new[] { StatusCodes.Status401Unauthorized, StatusCodes.Status500InternalServerError }) endpoint.WithMetadata(Problem(status));
        return endpoint;
    }

    internal static IEndpointConventionBuilder WithId(this IEndpointConventionBuilder endpoint, string description) => endpoint.WithMetadata(new ParameterNote("id", description, null, InPath: true));

    internal static IEndpointConventionBuilder With(this IEndpointConventionBuilder endpoint, string name, string description, int? whenAbsent = null) =>
        endpoint.WithMetadata(new ParameterNote(name, description, whenAbsent, InPath: false));

    // "Recommends items" as recommendsItems.
    private static string Name(string summary)
    {
        string[] words = summary.Split(' ');
        return string.Concat(words.Select((word, i) => (i == 0 ? char.ToLowerInvariant(word[0]) : char.ToUpperInvariant(word[0])) + word[1..]));
    }

    private static ProducesResponseTypeMetadata Problem(int status) => new(status, typeof(ProblemResponse), [Http.Problem.ContentType]);

    private static Task Answer(HttpContext context) => Task.CompletedTask;
}

/// <summary>A parameter of an address: a number if it has a value when absent, a text otherwise.</summary>
internal sealed record ParameterNote(string Name, string Description, int? WhenAbsent, bool InPath);
