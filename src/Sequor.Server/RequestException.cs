namespace Sequor.Server;

/// <summary>A request that cannot be answered as it stands; becomes a problem document (RFC 9457) that names field, value and rule.</summary>
/// <param name="status">HTTP status, 4xx.</param>
/// <param name="field">Path of the field, such as <c>history[3].itemId</c>; null where no field is to blame.</param>
/// <param name="value">The value as it was sent, shortened; null where there is none.</param>
/// <param name="rule">What must hold, and what to do.</param>
public sealed class RequestException(int status, string? field, string? value, string rule) : Exception(rule)
{
    /// <summary>HTTP status, 4xx.</summary>
    public int Status { get; } = status;

    /// <summary>Path of the field.</summary>
    public string? Field { get; } = field;

    /// <summary>The value.</summary>
    public string? Value { get; } = value;
}
