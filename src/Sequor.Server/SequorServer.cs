using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sequor.Server.Documentation;
using Sequor.Server.Endpoints;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Server.Page;
using Sequor.Server.Telemetry;
using Sequor.Server.Users;

namespace Sequor.Server;

/// <summary>The service: a model of Sequor over HTTP.</summary>
public static partial class SequorServer
{
    /// <summary>Makes the service. It loads its model when it is started, and answers from then on.</summary>
    /// <param name="options">Settings. To the hashes of API keys come those of the setting or environment variable <c>SEQUOR_API_KEY_HASHES</c>.</param>
    /// <param name="configure">Adds to what the service is made of, or replaces parts such as <see cref="IUsers"/>.</param>
    /// <exception cref="InvalidInputException">The address is none, a hash is none, or others could reach the service without a key.</exception>
    public static WebApplication Create(ServerOptions options, Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        ListenAddress address = ListenAddress.Of(options.Host);
        var keys = new ApiKeys([.. options.ApiKeyHashes, .. ApiKeys.Split(builder.Configuration[ApiKeys.Setting])]);
        if (!address.IsLoopback && !keys.AreAsked && !options.Insecure)
            throw new InvalidInputException($"host {options.Host} can be reached by others, and no API key is configured: add one (`sequor serve --new-key` prints a key and its hash), or listen on 127.0.0.1, or say --insecure");
        // Tells systemd, if it was started by it, when it is ready and when it ends.
        builder.Services.AddSystemd();
        builder.AddLogs();
        builder.AddTelemetry(options);
        builder.WebHost.ConfigureKestrel(kestrel => Limit(kestrel, options, address.Address));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout + TimeSpan.FromSeconds(5));
        AddParts(builder.Services, options, keys);
        configure?.Invoke(builder);
        WebApplication app = builder.Build();
        app.UseMiddleware<ErrorBoundary>();
        app.UseMiddleware<HeadRequests>();
        // Here, not before all: a route is found for the method that was put in.
        app.UseRouting();
        app.UseMiddleware<Admission>();
        app.MapRecommend();
        app.MapUsers();
        app.MapItems();
        app.MapModel();
        app.MapHealth();
        app.MapDocument();
        app.MapPage();
        app.MapPrometheusScrapingEndpoint("/metrics");
        return app;
    }

    /// <summary>Where a service that was started listens.</summary>
    public static Uri Address(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri(address);
    }

    private static void AddParts(IServiceCollection services, ServerOptions options, ApiKeys keys)
    {
        services.AddSingleton(options);
        services.AddSingleton(keys);
        services.AddSingleton<ServiceState>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<RequestGate>();
        services.AddSingleton<RequestRules>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ModelHost>();
        services.AddSingleton<ModelWatch>();
        services.AddSingleton(provider => OpenHistories(options, provider.GetRequiredService<ILogger<HistoryStore>>()));
        services.AddSingleton<IUsers, EmbeddedUsers>();
        // The service listens before these are there.
        services.AddSingleton(provider => new Lazy<ModelHost>(provider.GetRequiredService<ModelHost>));
        services.AddSingleton(provider => new Lazy<IUsers>(provider.GetRequiredService<IUsers>));
        services.AddSingleton(provider => new Lazy<ModelWatch>(provider.GetRequiredService<ModelWatch>));
        services.AddSingleton<ServerMetrics>();
        services.AddHostedService<ServiceLife>();
        services.AddDocument();
        services.AddRouting();
    }

    private static HistoryStore OpenHistories(ServerOptions options, ILogger<HistoryStore> logger)
    {
        HistoryStore store = HistoryStore.Open(options.HistoriesPath, options.DataPath);
        if (store.LeavesDataOut) LogDataLeftOut(logger, options.HistoriesPath, options.DataPath!);
        return store;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Histories} began with other data than {Data}, of which nothing is taken in; name a file that is free to begin with it")]
    private static partial void LogDataLeftOut(ILogger logger, string histories, string data);

    private static void Limit(KestrelServerOptions kestrel, ServerOptions options, IPAddress address)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.LargestBody;
        kestrel.Limits.MaxConcurrentConnections = Math.Max(256, 4L * options.MostRequests);
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // Who sends more slowly than a telephone line is cut off.
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 500, gracePeriod: TimeSpan.FromSeconds(3));
        // Nor does anyone make the service wait who reads more slowly; answers of the model have a deadline besides.
        kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 2000, gracePeriod: TimeSpan.FromSeconds(3));
        kestrel.Listen(address, options.Port);
    }
}
