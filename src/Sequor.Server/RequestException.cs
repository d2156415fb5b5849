using Sequor.Server.Contracts;

namespace Sequor.Server;

/// <summary>A request that cannot be answered as it stands; becomes a problem document (RFC 9457) that names field, value and rule.</summary>
public sealed class RequestException : Exception
{
    private const int LongestValue = 80;

    /// <summary>Refuses a request for one reason.</summary>
    /// <param name="status">HTTP status, 4xx.</param>
    /// <param name="field">Path of the field, such as <c>history[3].itemId</c>; null where no field is to blame.</param>
    /// <param name="value">The value as it was sent; a long one is shortened. Null where there is none.</param>
    /// <param name="rule">What must hold, and what to do.</param>
    public RequestException(int status, string? field, string? value, string rule) : base(field is null ? rule : $"{Shortened(field)} {rule}")
    {
        Status = status;
        Errors = field is null ? [] : [Error(field, value, rule)];
    }

    /// <summary>Refuses a request for all that is wrong with it.</summary>
    internal RequestException(int status, string detail, IReadOnlyList<FieldErrorResponse> errors) : base(detail) => (Status, Errors) = (status, errors);

    /// <summary>HTTP status, 4xx.</summary>
    public int Status { get; }

    /// <summary>Path of the first field that is to blame.</summary>
    public string? Field => Errors.Count > 0 ? Errors[0].Field : null;

    /// <summary>Its value.</summary>
    public string? Value => Errors.Count > 0 ? Errors[0].Value : null;

    /// <summary>Fields that break a rule.</summary>
    public IReadOnlyList<FieldErrorResponse> Errors { get; }

    /// <summary>A field, its value and what must hold of it.</summary>
    internal static FieldErrorResponse Error(string field, string? value, string rule) => new() { Field = Shortened(field)!, Value = Shortened(value), Rule = rule };

    private static string? Shortened(string? value) => value is { Length: > LongestValue } ? value[..(LongestValue - 1)] + "…" : value;
}
