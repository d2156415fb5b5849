namespace Sequor.Server.Http;

/// <summary>What a page may load (<c>Content-Security-Policy</c>); metadata of its endpoints.</summary>
internal sealed record ContentPolicy(string Value)
{
    /// <summary>A page that is made of its own files and asks its own service.</summary>
    internal static readonly ContentPolicy Own = new("default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
}
