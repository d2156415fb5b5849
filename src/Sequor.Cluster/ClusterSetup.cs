using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sequor.Server;
using Sequor.Server.Models;
using Sequor.Server.Users;

namespace Sequor.Cluster;

/// <summary>Makes the service a node of a cluster.</summary>
public static class ClusterSetup
{
    // What it has of users goes to the other nodes when the last request is answered.
    private static readonly TimeSpan s_leaving = TimeSpan.FromSeconds(10);

    /// <summary>Users are had together with the other nodes, instead of in a file of this process.</summary>
    public static void AddCluster(this WebApplicationBuilder builder, ClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        // What goes wrong between nodes is said by ours; the framework's messages name users.
        builder.Logging.AddFilter("Orleans", LogLevel.Critical).AddFilter("Polly", LogLevel.Critical);
        builder.Services.PostConfigure<HostOptions>(host => host.ShutdownTimeout += s_leaving);
        builder.Services.AddSingleton<IUsers>(services => ClusterUsers.ConnectAsync(
            options,
            services.GetRequiredService<ServerOptions>(),
            services.GetRequiredService<Lazy<ModelHost>>(),
            () => new Uri(services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
            services.GetRequiredService<ILoggerFactory>(),
            services.GetRequiredService<TimeProvider>()).GetAwaiter().GetResult());
    }
}
