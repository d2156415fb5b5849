using System.Diagnostics.Metrics;
using Sequor.Server.Http;
using Sequor.Server.Models;

namespace Sequor.Server.Telemetry;

/// <summary>Instruments of the meter <see cref="MeterName"/>: requests under way and refused, the queue of the model, its version and what it has recommended.</summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    internal const string MeterName = "Sequor.Server";

    private readonly Meter _meter;
    private readonly Counter<long> _events;

    public ServerMetrics(IMeterFactory meters, ServiceState state, Lazy<ModelHost> models)
    {
        _meter = meters.Create(MeterName);
        _meter.CreateObservableUpDownCounter("sequor.requests.active", () => state.UnderWay, "{request}", "Requests that are being answered.");
        _meter.CreateObservableCounter("sequor.requests.refused", () => state.Refused, "{request}", "Requests that were told to come back.");
        _meter.CreateObservableGauge("sequor.queue.length", () => Observe(state, models, model => model.Recommender.Waiting), "{question}", "Questions that wait for a batch.");
        _meter.CreateObservableGauge("sequor.catalogue.coverage", () => Observe(state, models, model => model.Recommender.Coverage.Share), "1", "Share of the catalogue recommended since the model was taken up.");
        _meter.CreateObservableGauge(
            "sequor.model.info", () => Observe(state, models, _ => 1, model => new KeyValuePair<string, object?>("version", model.Version)), null, "The model that answers, by its version; the value is 1.");
        _meter.CreateObservableGauge(
            "sequor.model.loaded", () => Observe(state, models, model => model.LoadedAt.ToUnixTimeSeconds()), "s", "When the model was taken up, in seconds since 1970.");
        _meter.CreateObservableCounter("sequor.model.reloads", () => Reloads(state, models), "{reload}", "Reloads, asked for or by watching, by what became of them.");
        _events = _meter.CreateCounter<long>("sequor.events.appended", "{event}", "Events that were kept.");
    }

    /// <summary>Counts events that were kept.</summary>
    internal void CountEvents(int events) => _events.Add(events);

    /// <summary>Ends the meter.</summary>
    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Reloads(ServiceState state, Lazy<ModelHost> models)
    {
        if (!state.IsReady) return [];
        ModelHost host = models.Value;
        return [Count(host.Swaps, "swapped"), Count(host.Repetitions, "unchanged"), Count(host.Refusals, "refused")];

        static Measurement<long> Count(long reloads, string outcome) => new(reloads, new KeyValuePair<string, object?>("outcome", outcome));
    }

    private static IEnumerable<Measurement<T>> Observe<T>(
        ServiceState state, Lazy<ModelHost> models, Func<ServedModel, T> read, Func<ServedModel, KeyValuePair<string, object?>>? tag = null)
        where T : struct
    {
        if (!state.IsReady) return [];
        using ModelLease lease = models.Value.Lease();
        T value = read(lease.Model);
        return [tag is null ? new Measurement<T>(value) : new Measurement<T>(value, tag(lease.Model))];
    }
}
