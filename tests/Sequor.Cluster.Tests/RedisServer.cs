using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Sequor.Cluster.Redis;
using Sequor.Cluster.Tests;
using StackExchange.Redis;
using Xunit;

[assembly: AssemblyFixture(typeof(RedisServer))]

namespace Sequor.Cluster.Tests;

/// <summary>A real Redis on a free port, writing to a folder of its own: the one that SEQUOR_REDIS_SERVER names, or that of the system.</summary>
public sealed class RedisServer : IDisposable
{
    private static readonly string s_program = Environment.GetEnvironmentVariable("SEQUOR_REDIS_SERVER") ?? "/usr/bin/redis-server";

    private readonly TemporaryFolder _folder = new();
    private readonly Lock _gate = new();
    private readonly int _port = FreePort();
    private Process? _process;

    /// <summary>Its address; it is started by whoever asks first. The test is skipped where there is no Redis.</summary>
    internal RedisAddress Address
    {
        get
        {
            Assert.SkipUnless(File.Exists(s_program), $"{s_program} is not there; install redis-server, or name one in SEQUOR_REDIS_SERVER");
            lock (_gate)
                if (_process is null) Start();
            return RedisAddress.Parse($"redis://127.0.0.1:{_port}");
        }
    }

    internal int ProcessId => _process!.Id;

    /// <summary>Starts it, with what its file holds.</summary>
    internal void Start()
    {
        string[] arguments = ["--port", $"{_port}", "--bind", "127.0.0.1", "--dir", _folder.Path, "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"];
        _process = Process.Start(new ProcessStartInfo(s_program, arguments) { RedirectStandardOutput = true })!;
        _process.BeginOutputReadLine();
        using ConnectionMultiplexer connection = Wait();
    }

    /// <summary>Ends it at once, as a failing machine would.</summary>
    internal void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>All that stands in its files.</summary>
    internal async Task<string> FilesAsync()
    {
        string all = "";
        foreach (string file in Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories))
        {
            try
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
                all += await reader.ReadToEndAsync();
            }
            catch (FileNotFoundException)
            {
                // It was rewritten just now.
            }
        }

        return all;
    }

    public void Dispose()
    {
        if (_process is not null) Kill();
        _folder.Dispose();
    }

    private ConnectionMultiplexer Wait()
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return ConnectionMultiplexer.Connect($"127.0.0.1:{_port},connectTimeout=10000");
            }
            catch (RedisConnectionException) when (attempt < 50)
            {
                Thread.Sleep(50);
            }
        }
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
