using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Sequor.Artifacts;
using Sequor.Serving;
using Sequor.Storage;

namespace Sequor.Server.Models;

/// <summary>
/// The model that answers, and its replacement while requests are under way. A new one is loaded beside the old one, so that for the time of
/// a reload and of the requests under way the memory of two is needed. Thread-safe.
/// </summary>
public sealed partial class ModelHost : IDisposable
{
    private const int VersionDigits = 12;

    private readonly SemaphoreSlim _reloading = new(1, 1);
    private readonly ServerOptions _options;
    private readonly ILogger<ModelHost> _logger;
    private readonly TimeProvider _time;
    private readonly RecommenderOptions _recommender;
    private ServedModel? _current;
    private volatile string? _lastRefusal;
    private long _swaps, _refusals, _repetitions;

    /// <summary>Loads, verifies and warms the model of the options.</summary>
    /// <param name="options">Where the model is, and how it searches.</param>
    /// <param name="logger">Hears of exchanges.</param>
    /// <param name="time">Says when a model was taken up.</param>
    /// <param name="recommender">How each model computes: threads and batches; as usual when null.</param>
    /// <exception cref="InvalidInputException">The artefact is missing, damaged or does not fit the options.</exception>
    public ModelHost(ServerOptions options, ILogger<ModelHost> logger, TimeProvider time, RecommenderOptions? recommender = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _logger, _time) = (options, logger, time);
        _recommender = (recommender ?? new RecommenderOptions()) with { Methods = options.TopKMethods, Precision = options.Precision };
        _current = Load();
    }

    /// <summary>A new model has taken the place of the one before, which ends with its last lease.</summary>
    public event Action<ServedModel>? Swapped;

    /// <summary>Is done with a new model before it takes the place of the one that answers; if it fails, the new one is refused.</summary>
    public Action<ServedModel>? Prepare { get; set; }

    /// <summary>Reloads that brought a new model.</summary>
    public long Swaps => Volatile.Read(ref _swaps);

    /// <summary>Reloads whose artefact was refused.</summary>
    public long Refusals => Volatile.Read(ref _refusals);

    /// <summary>Reloads that found the artefact unchanged.</summary>
    public long Repetitions => Volatile.Read(ref _repetitions);

    /// <summary>Why the artefact of the last reload was refused; null when it was not.</summary>
    public string? LastRefusal => _lastRefusal;

    /// <summary>Version of the model that answers.</summary>
    public string Version => (Volatile.Read(ref _current) ?? throw Ended()).Version;

    /// <summary>Takes the current model for a request; it is given back by <see cref="ModelLease.Dispose"/>, once.</summary>
    /// <exception cref="ObjectDisposedException">The host has ended.</exception>
    public ModelLease Lease()
    {
        // One that ends between reading and holding it has a successor already.
        while (true)
        {
            ServedModel model = Volatile.Read(ref _current) ?? throw Ended();
            if (model.TryHold()) return new ModelLease(model);
        }
    }

    /// <summary>Loads the artefact anew, verifies and warms it, and lets it take the place of the one that answers; if that fails, nothing changes.</summary>
    /// <returns>The model that answers now; the same one when the artefact has not changed.</returns>
    /// <exception cref="InvalidInputException">The artefact is missing, damaged or does not fit the options.</exception>
    public async Task<ServedModel> ReloadAsync(CancellationToken cancellationToken)
    {
        await _reloading.WaitAsync(cancellationToken);
        try
        {
            ServedModel before = Volatile.Read(ref _current) ?? throw Ended();
            if (await Task.Run(() => LoadOther(before), cancellationToken) is not { } model)
            {
                Interlocked.Increment(ref _repetitions);
                _lastRefusal = null;
                return before;
            }

            if (Interlocked.CompareExchange(ref _current, model, before) != before)
            {
                model.Release();
                throw Ended();
            }

            Interlocked.Increment(ref _swaps);
            _lastRefusal = null;
            LogSwapped(model.Version, before.Version);
            Tell(model);
            before.Release();
            return model;
        }
        catch (InvalidInputException refused)
        {
            Interlocked.Increment(ref _refusals);
            _lastRefusal = refused.Message;
            throw;
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Ends the current model, when its last lease has been given back.</summary>
    public void Dispose() => Interlocked.Exchange(ref _current, null)?.Release();

    /// <summary>Whether a model is the one that answers.</summary>
    internal bool IsCurrent(ServedModel model) => Volatile.Read(ref _current) == model;

    /// <summary>The start of the hash of the manifest, which holds the hashes of all files; null without a manifest.</summary>
    internal static string? ReadVersion(string directory)
    {
        try
        {
            return Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(InnerFile.Find(directory, ArtifactManifest.FileName))))[..VersionDigits];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidInputException)
        {
            return null;
        }
    }

    // Null when the artefact is the one that answers, and whole. Whatever goes wrong is the new one's fault: the old one goes on.
    private ServedModel? LoadOther(ServedModel before)
    {
        ServedModel? model = null;
        try
        {
            if (ReadVersion(_options.ModelDirectory) == before.Version)
            {
                ArtifactManifest.Read(_options.ModelDirectory);
                return null;
            }

            model = Load();
            Prepare?.Invoke(model);
            return model;
        }
        catch (Exception error)
        {
            model?.Release();
            if (error is InvalidInputException) throw;
            throw new InvalidInputException($"{_options.ModelDirectory} cannot be loaded: {error.Message}", error);
        }
    }

    // The exchange is done: who hears of it cannot undo it, nor keep the others from hearing.
    private void Tell(ServedModel model)
    {
        foreach (Delegate one in Swapped?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<ServedModel>)one)(model);
            }
            catch (Exception error)
            {
                LogUntold(error);
            }
        }
    }

    private ServedModel Load()
    {
        // An artefact is replaced by exchanging directories: what was read on both sides of an exchange is read again.
        const int Attempts = 5;
        for (int attempt = 1; ; attempt++)
        {
            string? version = ReadVersion(_options.ModelDirectory);
            Recommender recommender;
            try
            {
                recommender = Recommender.Load(_options.ModelDirectory, _recommender);
            }
            catch (InvalidInputException) when (attempt < Attempts && ReadVersion(_options.ModelDirectory) != version)
            {
                continue;
            }

            if (version is not null && ReadVersion(_options.ModelDirectory) == version)
            {
                try
                {
                    recommender.Warm();
                }
                catch
                {
                    recommender.Dispose();
                    throw;
                }

                return new ServedModel(version, recommender, _time.GetUtcNow());
            }

            recommender.Dispose();
            if (attempt == Attempts)
                throw new InvalidInputException($"{_options.ModelDirectory} changed {Attempts} times while it was read; load it when it is complete");
        }
    }

    private static ObjectDisposedException Ended() => new(nameof(ModelHost));

    [LoggerMessage(Level = LogLevel.Error, Message = "something that hangs on the model failed when it was exchanged")]
    private partial void LogUntold(Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "model {Version} takes the place of {Former}")]
    private partial void LogSwapped(string version, string former);
}
