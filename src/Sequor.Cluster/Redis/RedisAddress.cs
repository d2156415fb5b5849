using System.Globalization;
using StackExchange.Redis;

namespace Sequor.Cluster.Redis;

/// <summary>Where a Redis is, as an address: <c>redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]</c>, or <c>rediss://</c> over TLS.</summary>
public sealed class RedisAddress
{
    /// <summary>Setting of the environment that holds the password, so that no list of processes shows it.</summary>
    public const string PasswordVariable = "SEQUOR_REDIS_PASSWORD";

    private readonly string? _user, _password;
    private readonly int _database;
    private readonly bool _tls;

    private RedisAddress(string host, int port, int database, bool tls, string? user, string? password) =>
        (Host, Port, _database, _tls, _user, _password) = (host, port, database, tls, user, password);

    /// <summary>Name or number of the machine.</summary>
    public string Host { get; }

    /// <summary>Port; 6379 where the address names none.</summary>
    public int Port { get; }

    /// <summary>Reads an address.</summary>
    /// <exception cref="InvalidInputException">It is none.</exception>
    public static RedisAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("redis" or "rediss") || uri.Host.Length == 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw Bad("must be an address such as redis://127.0.0.1:6379 or rediss://USER:PASSWORD@redis.example:6380/2");
        string path = uri.AbsolutePath.Trim('/');
        if (!int.TryParse(path.Length == 0 ? "0" : path, NumberStyles.None, CultureInfo.InvariantCulture, out int database))
            throw Bad($"names the database {path}, which must be a number such as 0");
        string[] parts = uri.UserInfo.Split(':', 2);
        string? user = parts[0].Length > 0 ? Uri.UnescapeDataString(parts[0]) : null, password = parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : null;
        if (Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } secret) password = secret;
        return new RedisAddress(uri.IdnHost.Trim('[', ']'), uri.Port > 0 ? uri.Port : 6379, database, uri.Scheme == "rediss", user, password);

        // The text may hold a password, which must not be shown.
        InvalidInputException Bad(string rule) => new($"the address of Redis{(text.Contains('@', StringComparison.Ordinal) ? "" : $" {text}")} {rule}");
    }

    /// <summary>Host and port; never the password.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>How to connect; a command may take so long.</summary>
    internal ConfigurationOptions Configuration(TimeSpan patience) => new()
    {
        EndPoints = { { Host, Port } },
        User = _user,
        Password = _password,
        DefaultDatabase = _database,
        Ssl = _tls,
        ClientName = "sequor",
        // To read the settings that say how durable its answers are.
        AllowAdmin = true,
        ConnectTimeout = 3000,
        AsyncTimeout = (int)patience.TotalMilliseconds,
        SyncTimeout = (int)patience.TotalMilliseconds,
        KeepAlive = 5,
        HeartbeatInterval = TimeSpan.FromMilliseconds(500),
        ReconnectRetryPolicy = new LinearRetry(250),
    };
}
