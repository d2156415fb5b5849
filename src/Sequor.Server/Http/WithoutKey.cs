namespace Sequor.Server.Http;

/// <summary>Marks endpoints that answer callers who show no API key.</summary>
internal sealed class WithoutKey
{
    internal static readonly WithoutKey Instance = new();
}
