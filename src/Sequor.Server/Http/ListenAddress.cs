using System.Net;

namespace Sequor.Server.Http;

/// <summary>Where the service listens.</summary>
internal readonly record struct ListenAddress(IPAddress Address)
{
    /// <summary>Whether only this machine reaches it.</summary>
    internal bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>Reads an address, <c>localhost</c>, or <c>*</c> for all.</summary>
    /// <exception cref="InvalidInputException">It is none of these.</exception>
    internal static ListenAddress Of(string host) => host switch
    {
        "localhost" => new ListenAddress(IPAddress.Loopback),
        "*" => new ListenAddress(IPAddress.IPv6Any),
        _ => IPAddress.TryParse(host, out IPAddress? address)
            ? new ListenAddress(address)
            : throw new InvalidInputException($"host '{host}' must be an IP address, localhost, or * for all addresses of this machine"),
    };
}
