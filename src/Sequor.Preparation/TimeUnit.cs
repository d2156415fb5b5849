namespace Sequor.Preparation;

/// <summary>How a column of times is written.</summary>
public enum TimeUnit
{
    /// <summary>Numbers of seconds since 1970.</summary>
    Seconds,

    /// <summary>Numbers of milliseconds since 1970.</summary>
    Milliseconds,

    /// <summary>Numbers of microseconds since 1970.</summary>
    Microseconds,

    /// <summary>Numbers of nanoseconds since 1970.</summary>
    Nanoseconds,

    /// <summary>ISO 8601 text, such as <c>2014-03-01 12:30:00</c>; without an offset it is UTC.</summary>
    Iso,
}
