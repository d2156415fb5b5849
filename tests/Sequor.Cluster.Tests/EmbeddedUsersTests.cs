using Microsoft.Extensions.Logging.Abstractions;
using Sequor.Server;
using Sequor.Server.Models;
using Sequor.Server.Users;

namespace Sequor.Cluster.Tests;

public sealed class EmbeddedUsersTests : UsersContract
{
    private HistoryStore? _store;
    private ModelHost? _models;
    private EmbeddedUsers? _users;

    private protected override Task<IUsers> OpenUsersAsync(string? data)
    {
        ServerOptions options = Node.Options(Folder.File("model"));
        _models = new ModelHost(options, NullLogger<ModelHost>.Instance, Time);
        _store = HistoryStore.Open(Folder.File("h.db"), data);
        return Task.FromResult<IUsers>(_users = new EmbeddedUsers(_store, _models, options, Time));
    }

    public override ValueTask DisposeAsync()
    {
        _users?.Dispose();
        _models?.Dispose();
        _store?.Dispose();
        return base.DisposeAsync();
    }
}
