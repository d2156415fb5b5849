using Microsoft.Extensions.Hosting;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Server.Users;

namespace Sequor.Server;

/// <summary>
/// The service listens first and loads then, so that whoever asks is told to wait; and it stops answering before it stops listening, so
/// that whoever sends requests here can be told to send them elsewhere.
/// </summary>
internal sealed class ServiceLife(ServerOptions options, ServiceState state, Lazy<ModelHost> models, Lazy<IUsers> users) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        // Loading takes seconds of computing, which must not keep the server's thread.
        await Task.Run(() => (models.Value, users.Value), cancellationToken);
        state.Open();
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => state.DrainAsync(options.DrainTimeout);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
