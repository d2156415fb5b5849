using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sequor.Cluster;
using Sequor.Cluster.Redis;

namespace Sequor.Cli;

/// <summary>The options of <c>serve</c> that make it a node of a cluster.</summary>
internal sealed class ClusterServeOptions
{
    private readonly Option<string?> cluster = new("--cluster")
    {
        Description = $"Share the users with other nodes by this Redis, which keeps them: redis://HOST:PORT/DATABASE, rediss:// over TLS. {RedisAddress.PasswordVariable} of the environment is its password.",
        HelpName = "REDIS",
    };

    private readonly Option<string?> advertise = new("--advertise")
    {
        Description = "With --cluster: address or name under which other nodes reach this one; 127.0.0.1 when absent. Nodes trust one another: let nobody else reach it.",
        HelpName = "ADDRESS",
    };

    private readonly Option<int?> clusterPort = new("--cluster-port")
    {
        Description = "With --cluster: port on which other nodes reach this one; a free one when absent.",
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= 65_535) return number;
            result.AddError($"--cluster-port {result.Tokens[0].Value} must be a whole number in 1 … 65535");
            return null;
        },
    };

    private readonly Option<string?> serviceId = Name("--service-id", "With --cluster: name of the users in Redis; sequor when absent. Another name has other users.");

    private readonly Option<string?> clusterId = Name("--cluster-id", "With --cluster: name of the cluster; sequor when absent. Nodes of one name share the users among them.");

    public Option[] All => [cluster, advertise, clusterPort, serviceId, clusterId];

    /// <summary>Says what the line misses; <paramref name="host"/> is what it listens on, <paramref name="histories"/> whether it names a file.</summary>
    public void Validate(CommandResult line, string? host, bool histories)
    {
        if (line.GetResult(cluster) is null)
        {
            foreach (Option option in All)
                if (line.GetResult(option) is not null) line.AddError($"{option.Name} goes with --cluster");
            return;
        }

        if (histories) line.AddError("--histories is the file of a service that stands alone; with --cluster the users are in Redis");
        if (host is not (null or "localhost") && !(IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address)) && line.GetResult(advertise) is null)
            line.AddError($"--host {host} with --cluster needs --advertise: the address under which other nodes reach this one");
    }

    /// <summary>What the line says; null without <c>--cluster</c>.</summary>
    /// <exception cref="InvalidInputException">An address is none.</exception>
    public ClusterOptions? Read(ParseResult line)
    {
        if (line.GetValue(cluster) is not { } redis) return null;
        var defaults = new ClusterOptions { Redis = RedisAddress.Parse(redis) };
        return defaults with
        {
            ServiceId = line.GetValue(serviceId) ?? defaults.ServiceId,
            ClusterId = line.GetValue(clusterId) ?? defaults.ClusterId,
            Advertised = line.GetValue(advertise) is { } name ? Resolve(name) : defaults.Advertised,
            Port = line.GetValue(clusterPort) ?? defaults.Port,
        };
    }

    private static IPAddress Resolve(string name)
    {
        if (IPAddress.TryParse(name, out IPAddress? address)) return address;
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(name);
            return found.FirstOrDefault(one => one.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
        }
        catch (SocketException error)
        {
            throw new InvalidInputException($"--advertise {name} is no address, and no name that this machine can look up: {error.Message.TrimEnd('.')}", error);
        }
    }

    private static Option<string?> Name(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "NAME",
        CustomParser = result =>
        {
            if (ClusterOptions.IsName(result.Tokens[0].Value)) return result.Tokens[0].Value;
            result.AddError($"{name} {result.Tokens[0].Value} must be letters, digits, dots, dashes and underscores, at most {ClusterOptions.LongestName}");
            return null;
        },
    };
}
