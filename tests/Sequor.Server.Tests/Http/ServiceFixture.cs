using Xunit;

namespace Sequor.Server.Tests.Http;

/// <summary>One service for the tests of a class that do not change it.</summary>
public sealed class ServiceFixture : IAsyncLifetime
{
    internal Service Service { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Service = await Service.StartAsync();

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
