using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sequor.Server.Models;

namespace Sequor.Server.Embedding;

/// <summary>Healthy while a model answers; degraded when the folder holds another one that was refused.</summary>
internal sealed class SequorHealthCheck(ModelHost models) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using ModelLease lease = models.Lease();
            var data = new Dictionary<string, object>
            {
                ["version"] = lease.Model.Version, ["loadedAt"] = lease.Model.LoadedAt, ["items"] = lease.Model.Recommender.Items.Count, ["waiting"] = lease.Model.Recommender.Waiting,
            };
            return Task.FromResult(models.LastRefusal is { } refusal
                ? HealthCheckResult.Degraded($"model {lease.Model.Version} answers; a newer one was refused: {refusal}", data: data)
                : HealthCheckResult.Healthy($"model {lease.Model.Version} answers", data));
        }
        catch (ObjectDisposedException)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy("the app is ending; no model answers"));
        }
    }
}
