using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;
using Sequor.Cluster.Grains;
using Sequor.Cluster.Redis;
using Sequor.Server;
using Sequor.Server.Users;

namespace Sequor.Cluster;

/// <summary>This process as a node among others: an Orleans silo in a host of its own, which begins when the model is loaded and ends when the last request is answered.</summary>
internal sealed class Silo : IAsyncDisposable
{
    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(8);

    private readonly IHost _host;

    private Silo(IHost host) => _host = host;

    internal IGrainFactory Users => _host.Services.GetRequiredService<IGrainFactory>();

    internal SiloAddress Address => _host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    internal IClusterMembershipService Membership => _host.Services.GetRequiredService<IClusterMembershipService>();

    /// <summary>Nodes that answer, as this one knows them.</summary>
    internal IEnumerable<SiloAddress> Active => Membership.CurrentSnapshot.Members.Values.Where(one => one.Status == SiloStatus.Active).Select(one => one.SiloAddress);

    /// <summary>Joins the cluster.</summary>
    /// <param name="options">Where.</param>
    /// <param name="server">How long a request may take.</param>
    /// <param name="redis">Knows the other nodes.</param>
    /// <param name="users">The users as this node answers them.</param>
    /// <param name="metrics">Is told of users that come and go.</param>
    /// <param name="loggers">Where the log goes.</param>
    /// <param name="expelled">Is called when the others have taken this node for dead.</param>
    /// <param name="cancellationToken">Calls it off.</param>
    internal static async Task<Silo> JoinAsync(
        ClusterOptions options, ServerOptions server, RedisLink redis, EmbeddedUsers users, ClusterMetrics metrics, ILoggerFactory loggers, Action expelled, CancellationToken cancellationToken)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo =>
        {
            silo.Configure<Orleans.Configuration.ClusterOptions>(ids => (ids.ServiceId, ids.ClusterId) = (options.ServiceId, options.ClusterId));
            silo.Configure<EndpointOptions>(endpoint =>
            {
                (endpoint.AdvertisedIPAddress, endpoint.SiloPort) = (options.Advertised, options.Port > 0 ? options.Port : FreePort());
                // Nobody calls from outside the cluster.
                endpoint.GatewayPort = 0;
                // Where the advertised address is that of a gate before this machine, it cannot be listened on.
                endpoint.SiloListeningEndpoint = new IPEndPoint(IsOwn(options.Advertised) ? options.Advertised : IPAddress.Any, endpoint.SiloPort);
            });
            silo.UseRedisClustering(table =>
            {
                // Asked for, though the connection is there.
                table.ConfigurationOptions = new StackExchange.Redis.ConfigurationOptions();
                table.CreateMultiplexer = _ => Task.FromResult<(StackExchange.Redis.IConnectionMultiplexer, bool)>((redis.Connection, true));
                table.CreateRedisKey = ids => new RedisKeys(ids.ServiceId).Members(ids.ClusterId);
            });
            silo.Configure<ClusterMembershipOptions>(Watchful);
            silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = TimeSpan.FromMinutes(10));
            // The caller of the request gives up a second later.
            silo.Configure<SiloMessagingOptions>(messages => messages.ResponseTimeout = TimeSpan.FromSeconds(Math.Max(1, server.RequestTimeout.TotalSeconds - 1)));
            silo.Services.AddPlacementDirector<RendezvousPlacement, RendezvousDirector>();
            silo.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(Silo).Assembly));
        });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(users);
        builder.Services.AddSingleton(metrics);
        builder.Services.AddSingleton<Ownership>();
        builder.Services.AddSingleton<IFatalErrorHandler>(new Expulsion(expelled));
        // The process is ended by the service, not by this host.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = s_ending);
        IHost host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new Silo(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Ends the users of this node and leaves the cluster.</summary>
    internal async Task LeaveAsync(TimeSpan patience)
    {
        using var enough = new CancellationTokenSource(patience);
        await _host.StopAsync(enough.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else _host.Dispose();
    }

    // A node that was killed is known for dead after three probes of a second and the votes of two others, or of half of them.
    private static void Watchful(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.NumMissedProbesLimit = 3;
        membership.NumProbedSilos = 6;
        membership.NumVotesForDeathDeclaration = 2;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        // Nodes that were all killed at once do not keep a new one waiting for longer than this times three.
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedTableIAmAliveLimit = 3;
        membership.MaxJoinAttemptTime = TimeSpan.FromSeconds(60);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsOwn(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Expulsion(Action expelled) : IFatalErrorHandler
    {
        public bool IsUnexpected(Exception exception) => exception is not OperationCanceledException;

        public void OnFatalException(object? sender, string? context, Exception? exception) => expelled();
    }
}
