using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Sequor.Server.Http;
using Sequor.Server.Models;

namespace Sequor.Server.Embedding;

/// <summary>Sequor among the services of an app.</summary>
public static class SequorServices
{
    /// <summary>
    /// Adds a <see cref="HostedRecommender"/>, the <see cref="ModelHost"/> behind it, and the health check <c>sequor</c>. The model is loaded when the app
    /// starts, which fails if that does, and ends with the app.
    /// </summary>
    /// <param name="services">The app's services.</param>
    /// <param name="configure">Says where the model is, and whatever else differs from what is usual.</param>
    public static IServiceCollection AddSequor(this IServiceCollection services, Action<SequorOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<SequorOptions>().Configure(configure)
            .Validate(options => options.ModelDirectory.Length > 0, "AddSequor: ModelDirectory is missing; name the folder of a model, such as runs/my/best").ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider =>
        {
            SequorOptions options = Options(provider);
            return new ModelHost(options.ToServerOptions(), provider.GetRequiredService<ILogger<ModelHost>>(), provider.GetRequiredService<TimeProvider>(), options.Recommender);
        });
        services.TryAddSingleton(provider => new HostedRecommender(
            provider.GetRequiredService<ModelHost>(), new RequestRules(Options(provider).ToServerOptions()), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IHostedService, ModelAtStart>();
        services.AddSingleton<IHostedService>(provider => new ModelWatch(
            Options(provider).ToServerOptions(), provider.GetRequiredService<ModelHost>(), provider.GetRequiredService<ILogger<ModelWatch>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHealthChecks().AddCheck<SequorHealthCheck>("sequor");
        return services;
    }

    private static SequorOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<SequorOptions>>().Value;

    // Whoever asks first should not wait for seconds of loading, and an app without a model should not start.
    private sealed class ModelAtStart(IServiceProvider provider) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Run(provider.GetRequiredService<ModelHost>, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
