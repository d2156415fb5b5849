using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sequor.Server.Models;

/// <summary>
/// Takes up a new artefact when the directory holds one and has come to rest. It looks rather than listens, for an artefact is replaced by
/// renaming its directory, which no watcher of the system follows.
/// </summary>
public sealed partial class ModelWatch(ServerOptions options, ModelHost host, ILogger<ModelWatch> logger, TimeProvider time) : BackgroundService
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly ILogger<ModelWatch> _logger = logger;
    private string? _before, _handled;

    /// <summary>Looks once; reloads if the artefact differs from the one that was tried last, and has been at rest since the look before.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        string? stamp = DirectoryStamp.Of(options.ModelDirectory);
        bool atRest = stamp == _before;
        _before = stamp;
        if (stamp is null || !atRest || stamp == _handled) return;
        // One that is refused is not tried again until it changes.
        _handled = stamp;
        try
        {
            await host.ReloadAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException and not ObjectDisposedException)
        {
            LogRefused(host.Version, error.Message);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Watch) return;
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await LookAsync(stoppingToken);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The service ends.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the new artefact is refused and model {Version} stays: {Reason}")]
    private partial void LogRefused(string version, string reason);
}
