using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sequor.Cluster;
using Sequor.Server;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary><c>sequor serve</c>: the model as a service over HTTP.</summary>
internal static class ServeCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string?>("MODEL|RUN") { Description = "A run that `sequor train` wrote, or one of its models.", Arity = ArgumentArity.ZeroOrOne };
        var newKey = new Option<bool>("--new-key") { Description = "Print a fresh API key for a caller and its hash for --api-key-hash, and end." };
        Option<bool> json = CommonOptions.Json();
        var settings = new ServeOptions();
        var cluster = new ClusterServeOptions();
        var command = new Command("serve", """
            Serves a model over HTTP: recommendations, events of users, a page to try it, an API document.

            Examples:
              sequor serve runs/hstu --data ml-1m.sequor
              curl localhost:8080/v1/recommend -H 'Content-Type: application/json' -d '{"userId": "42", "k": 5}'

            It listens on this machine alone, on port 8080: the page is at /, the API document at /scalar, Prometheus metrics
            at /metrics. With --data the users of the store are taken in when the file of histories is made; their further
            events come by POST /v1/events. To let others reach it:
              sequor serve --new-key
              sequor serve runs/hstu --host 0.0.0.0 --api-key-hash sha256:…
            Several services have their users together by a Redis; start one on each machine:
              sequor serve runs/hstu --cluster redis://10.0.0.5:6379 --advertise 10.0.0.11 --host 0.0.0.0 --api-key-hash sha256:…
            """) { model, newKey, json };
        foreach (Option option in (Option[])[.. settings.All, .. cluster.All]) command.Add(option);
        command.Validators.Add(line =>
        {
            if (line.GetValue(newKey) == line.GetValue(model) is not null) line.AddError("name what to serve, a run or a model; --new-key stands alone");
            cluster.Validate(line, settings.Host(line), settings.NamesHistories(line));
        });
        command.SetAction(async (line, _) =>
        {
            if (line.GetValue(newKey))
            {
                ShowKey(terminal, line.GetValue(json));
                return 0;
            }

            await ServeAsync(terminal, settings.Read(line, line.GetValue(model)!, RunDirectory.FindModel(line.GetValue(model)!)), cluster.Read(line), line.GetValue(json));
            return 0;
        });
        return command;
    }

    private static async Task ServeAsync(Terminal terminal, ServerOptions options, ClusterOptions? cluster, bool json)
    {
        // What a cluster needs is loaded only for one.
        await using WebApplication app = cluster is null ? SequorServer.Create(options) : SequorServer.Create(options, builder => builder.AddCluster(cluster));
        try
        {
            await app.StartAsync(terminal.Cancellation);
        }
        catch (Exception error) when (error is IOException { InnerException: not null } or SocketException)
        {
            throw new InvalidInputException($"cannot listen on {options.Host} port {options.Port}: {error.Message.TrimEnd('.')}; choose another --port", error);
        }

        Announce(terminal, app, options, cluster, json);
        await app.WaitForShutdownAsync(terminal.Cancellation);
    }

    private static void Announce(Terminal terminal, WebApplication app, ServerOptions options, ClusterOptions? cluster, bool json)
    {
        Uri address = SequorServer.Address(app);
        using ModelLease lease = app.Services.GetRequiredService<ModelHost>().Lease();
        ServedModel model = lease.Model;
        if (json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteString("url", address.ToString());
                writer.WriteString("model", options.ModelDirectory);
                writer.WriteString("version", model.Version);
                writer.WriteNumber("itemCount", model.Recommender.Items.Count);
                if (cluster is null) writer.WriteString("histories", options.HistoriesPath);
                else writer.WriteString("cluster", cluster.ClusterId);
                writer.WriteNumber("processId", Environment.ProcessId);
            });
        }
        else terminal.Say($"{options.ModelDirectory} ({Tables.Count(model.Recommender.Items.Count)} items) answers at {address}{(cluster is null ? "" : $", a node of the cluster {cluster.ClusterId} by Redis at {cluster.Redis}")}; end it with Ctrl+C");

        terminal.Output.Flush();
    }

    private static void ShowKey(Terminal terminal, bool json)
    {
        (string key, string hash) = ApiKeys.Create();
        if (json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteString("key", key);
                writer.WriteString("hash", hash);
            });
            return;
        }

        terminal.Say($"key for the caller:   {key}");
        terminal.Say($"hash for the service: {hash}");
    }
}
