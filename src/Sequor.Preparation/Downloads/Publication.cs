namespace Sequor.Preparation.Downloads;

/// <summary>How a named set is published: where, under what terms, and which of its files are needed.</summary>
internal sealed record Publication
{
    /// <summary>Name of the set, such as <c>ml-1m</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Page that describes the set and its licence.</summary>
    public required string Home { get; init; }

    /// <summary>The terms in a few words.</summary>
    public required string Terms { get; init; }

    /// <summary>Address of the archive or table; null when a person must accept the terms before the files can be had.</summary>
    public Uri? Address { get; init; }

    /// <summary>MD5 of what stands at the address, in lower-case hexadecimal; null when none is known.</summary>
    public string? Md5 { get; init; }

    /// <summary>Names of the files that are needed, the ratings first.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Names of the files that are used when they are there.</summary>
    public IReadOnlyList<string> OptionalFiles { get; init; } = [];
}
