using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sequor.Retrieval;
using Sequor.Server;

namespace Sequor.Cli;

/// <summary>The options of <c>serve</c>.</summary>
internal sealed class ServeOptions
{
    private readonly ServerOptions _defaults = new() { ModelDirectory = "", HistoriesPath = "" };

    private readonly Option<string?> data = new("--data") { Description = "A store that `sequor prepare` wrote; its users are taken in when the file of histories is made.", HelpName = "STORE" };

    private readonly Option<string?> histories = new("--histories")
    {
        Description = "File of the histories (SQLite). Beside the run or model, named after it, when absent: runs/hstu.histories.db.",
        HelpName = "FILE",
    };

    private readonly Option<string?> host = new("--host") { Description = "Address to listen on, or * for all; 127.0.0.1 when absent. Others than this machine need API keys.", HelpName = "ADDRESS" };

    private readonly Option<int?> port = new("--port")
    {
        Description = "Port to listen on; 8080 when absent, 0 takes a free one.",
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 65_535) return number;
            result.AddError($"--port {result.Tokens[0].Value} must be a whole number in 0 … 65535");
            return null;
        },
    };

    private readonly Option<string[]> allowedHost = new("--allowed-host")
    {
        Description = "A name under which callers reach the service besides localhost, such as that of a proxy before it; may be repeated.",
        HelpName = "NAME",
    };

    private readonly Option<string[]> keyHash = new("--api-key-hash")
    {
        Description = "Hash of an API key that callers must show; may be repeated. SEQUOR_API_KEY_HASHES of the environment adds to them.",
        HelpName = "sha256:…",
    };

    private readonly Option<string?> keys = new("--api-keys") { Description = "A file with such hashes, one a line; # begins a comment.", HelpName = "FILE" };

    private readonly Option<bool> insecure = new("--insecure") { Description = "Let others reach the service without API keys." };

    private readonly Option<TopKMethod[]> methods = new("--top-k-method")
    {
        Description = $"A way to search that requests may choose, the default first; may be repeated: {string.Join(", ", TopKMethod.Names)}, numbers as you choose. As the model's settings say when absent.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
        {
            var read = new List<TopKMethod>();
            foreach (string name in result.Tokens.Select(token => token.Value))
            {
                if (TopKMethod.TryParse(name, out TopKMethod method)) read.Add(method);
                else result.AddError($"--top-k-method {name} must be one of {string.Join(", ", TopKMethod.Names)}, numbers as you choose");
            }

            return [.. read];
        },
    };

    private readonly Option<string?> precision = new("--precision")
    {
        Description = "What the indices keep for their scans; the answers are the same. As the artefact says when absent.",
        HelpName = string.Join('|', IndexPrecisionNames.All),
    };

    private readonly Option<bool> watch = new("--watch") { Description = "Take up a new model in the folder without being asked by POST /v1/model/reload." };

    private readonly Option<long?> cacheMemory = Sizes.Option("--cache-memory", "Memory for keys and values of users, who are answered faster when they come back; 512MiB when absent.", "1MB");

    private readonly Option<int?> maxRequests = CommonOptions.Number<int>("--max-requests", "Requests under way at most; others are told to come back (429). 256 when absent.", 1);

    private readonly Option<long?> maxBody = Sizes.Option("--max-body", "Largest body of a request; 2MiB when absent.", "1KB", 1_000_000_000);

    private readonly Option<double?> timeout = new("--timeout")
    {
        Description = "Seconds that a request may take; 10 when absent.",
        HelpName = "S",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and <= 3600) return seconds;
            result.AddError($"--timeout {result.Tokens[0].Value} must be a number of seconds over 0 and up to 3600");
            return null;
        },
    };

    private readonly Option<Uri?> otlp = new("--otlp")
    {
        Description = "Where traces and metrics are sent (OTLP), such as http://localhost:4317; where OTEL_EXPORTER_OTLP_ENDPOINT says when absent, else nowhere.",
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https") return uri;
            result.AddError($"--otlp {result.Tokens[0].Value} must be an address such as http://localhost:4317");
            return null;
        },
    };

    public ServeOptions() => precision.AcceptOnlyFromAmong([.. IndexPrecisionNames.All]);

    public Option[] All => [data, histories, host, port, allowedHost, keyHash, keys, insecure, methods, precision, watch, cacheMemory, maxRequests, maxBody, timeout, otlp];

    /// <summary>The address to listen on, if the line names one.</summary>
    public string? Host(CommandResult line) => line.GetValue(host);

    /// <summary>Whether the line names a file of histories.</summary>
    public bool NamesHistories(CommandResult line) => line.GetResult(histories) is not null;

    /// <summary>What the line says, for a model in <paramref name="modelDirectory"/> that was named as a run or a model.</summary>
    public ServerOptions Read(ParseResult line, string named, string modelDirectory)
    {
        modelDirectory = Path.TrimEndingDirectorySeparator(modelDirectory);
        return new ServerOptions
        {
            ModelDirectory = modelDirectory,
            DataPath = line.GetValue(data),
            // Beside what was named, not in it: runs come and go.
            HistoriesPath = line.GetValue(histories) ?? Path.TrimEndingDirectorySeparator(Path.GetFullPath(named)) + ".histories.db",
            Host = line.GetValue(host) ?? _defaults.Host,
            Port = line.GetValue(port) ?? _defaults.Port,
            AllowedHosts = line.GetValue(allowedHost) ?? [],
            ApiKeyHashes = [.. line.GetValue(keyHash) ?? [], .. line.GetValue(keys) is { } file ? Hashes(file) : []],
            Insecure = line.GetValue(insecure),
            TopKMethods = line.GetValue(methods) ?? [],
            Precision = line.GetValue(precision) is { } name ? Enum.Parse<IndexPrecision>(name, ignoreCase: true) : null,
            Watch = line.GetValue(watch),
            CacheBytes = line.GetValue(cacheMemory) ?? _defaults.CacheBytes,
            MostRequests = line.GetValue(maxRequests) ?? _defaults.MostRequests,
            LargestBody = (int?)line.GetValue(maxBody) ?? _defaults.LargestBody,
            RequestTimeout = line.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : _defaults.RequestTimeout,
            OtlpEndpoint = line.GetValue(otlp),
        };
    }

    private static string[] Hashes(string file)
    {
        try
        {
            string[] hashes = [.. File.ReadLines(file).Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0)];
            return hashes.Length > 0 ? hashes : throw new InvalidInputException($"--api-keys {file} names no hash of an API key; `sequor serve --new-key` prints a key and its hash");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"--api-keys {file} cannot be read ({error.Message.TrimEnd('.')}); put hashes there, one a line, as `sequor serve --new-key` prints them", error);
        }
    }
}
