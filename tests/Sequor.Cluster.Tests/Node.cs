using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sequor.Cluster.Redis;
using Sequor.Modeling;
using Sequor.Server;
using Sequor.Server.Models;

namespace Sequor.Cluster.Tests;

/// <summary>A node in this process, with a model of its own.</summary>
internal sealed class Node : IAsyncDisposable
{
    private Node(ClusterUsers users, ModelHost models) => (Users, Models) = (users, models);

    internal ClusterUsers Users { get; }

    internal ModelHost Models { get; }

    internal static async Task<Node> JoinAsync(RedisAddress redis, string service, ServerOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        var models = new ModelHost(options, NullLogger<ModelHost>.Instance, time ?? TimeProvider.System);
        try
        {
            ClusterUsers users = await ClusterUsers.ConnectAsync(
                new ClusterOptions { Redis = redis, ServiceId = service }, options, new Lazy<ModelHost>(models), () => new Uri("http://127.0.0.1:1"), loggers ?? NullLoggerFactory.Instance, time ?? TimeProvider.System);
            try
            {
                await users.JoinAsync(CancellationToken.None);
                return new Node(users, models);
            }
            catch
            {
                await users.DisposeAsync();
                throw;
            }
        }
        catch
        {
            models.Dispose();
            throw;
        }
    }

    internal static ServerOptions Options(string model, string? data = null, long cacheBytes = 1 << 20) =>
        new() { ModelDirectory = model, HistoriesPath = "unused", DataPath = data, CacheBytes = cacheBytes, RequestTimeout = TimeSpan.FromMinutes(1) };

    internal static string WriteModel(string directory, ModelConfig? config = null)
    {
        SmallModel.Write(directory, config);
        return directory;
    }

    public async ValueTask DisposeAsync()
    {
        await Users.DisposeAsync();
        Models.Dispose();
    }
}
