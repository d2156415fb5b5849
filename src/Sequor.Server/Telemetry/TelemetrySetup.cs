using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Sequor.Server.Http;
using Sequor.Serving;

namespace Sequor.Server.Telemetry;

/// <summary>Metrics for Prometheus, traces and metrics for OTLP where an address is given, and logs.</summary>
internal static class TelemetrySetup
{
    internal static void AddTelemetry(this WebApplicationBuilder builder, ServerOptions options)
    {
        Uri? endpoint = options.OtlpEndpoint;
        bool exports = endpoint is not null || !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("sequor", serviceVersion: typeof(SequorServer).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(ServingMetrics.MeterName, ServerMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime");
                metrics.AddPrometheusExporter();
                if (exports) metrics.AddOtlpExporter(exporter => Address(exporter, endpoint));
            });
        // Without someone to send them to, spans are not made.
        if (exports)
        {
            telemetry.WithTracing(traces => traces
                .AddSource(AnswerTrace.SourceName)
                .AddAspNetCoreInstrumentation(asp => asp.EnrichWithHttpResponse = (activity, response) =>
                {
                    // The address as declared: ids and queries are nobody's business but the caller's.
                    activity.SetTag("url.path", ErrorBoundary.Template(response.HttpContext));
                    activity.SetTag("url.query", null);
                })
                .AddOtlpExporter(exporter => Address(exporter, endpoint)));
        }
    }

    internal static void AddLogs(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        // What the framework says at Information names addresses, and with them users.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning).AddFilter("OpenTelemetry", LogLevel.Warning);
        // Whoever starts the service gets the exception itself.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (Console.IsErrorRedirected) builder.Logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        else builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        // Results go to the output, messages to the error stream.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static void Address(OtlpExporterOptions exporter, Uri? endpoint)
    {
        if (endpoint is not null) exporter.Endpoint = endpoint;
    }
}
