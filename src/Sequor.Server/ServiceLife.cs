using Microsoft.Extensions.Hosting;
using Sequor.Server.Answers;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Server.Users;

namespace Sequor.Server;

/// <summary>
/// The service listens first and loads then, so that whoever asks is told to wait; and it stops answering before it stops listening, so
/// that whoever sends requests here can be told to send them elsewhere.
/// </summary>
internal sealed class ServiceLife(ServerOptions options, ServiceState state, Lazy<ModelHost> models, Lazy<IUsers> users, Lazy<ModelWatch> watch) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        // Loading takes seconds of computing, which must not keep the server's thread.
        await Task.Run(Load, cancellationToken);
        if (users.Value is ISharedUsers shared) await shared.JoinAsync(cancellationToken);
        state.Open();
        if (options.Watch) await watch.Value.StartAsync(cancellationToken);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (watch.IsValueCreated) await watch.Value.StopAsync(cancellationToken);
        await state.DrainAsync(options.DrainTimeout);
        if (users is { IsValueCreated: true, Value: ISharedUsers shared }) await shared.LeaveAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Load()
    {
        _ = users.Value;
        using ModelLease lease = models.Value.Lease();
        Prepare(lease.Model);
        models.Value.Prepare = Prepare;
    }

    // The first search for titles would wait for it.
    private static void Prepare(ServedModel model) => _ = Catalogue.Of(model).Search;
}
