using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Sequor.Cluster.Tests;

/// <summary>A node as a process: <c>sequor serve</c>.</summary>
internal sealed class ServedNode : IDisposable
{
    private static readonly string s_tool = Path.Combine(AppContext.BaseDirectory, "Sequor.Cli.dll");

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(90) };

    private ServedNode(Process process, Uri url) => (Process, Url) = (process, url);

    internal Process Process { get; }

    internal Uri Url { get; }

    internal static async Task<ServedNode> StartAsync(params string[] arguments)
    {
        Process process = Start(["serve", .. arguments, "--port", "0", "--timeout", "60", "--json"]);
        Task<string> messages = process.StandardError.ReadToEndAsync();
        string? line = await process.StandardOutput.ReadLineAsync();
        if (line is null) Assert.Fail($"the node did not start: {await messages}");
        string text = line;
        while (!text.TrimEnd().EndsWith('}')) text += await process.StandardOutput.ReadLineAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        return new ServedNode(process, new Uri(JsonDocument.Parse(text).RootElement.GetProperty("url").GetString()!));
    }

    /// <summary>Runs the tool to its end; gives the exit code and what it says.</summary>
    internal static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        _ = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error.Trim());
    }

    internal static void Signal(int processId, string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{processId}"]);
        kill.WaitForExit();
    }

    internal void Signal(string name) => Signal(Process.Id, name);

    /// <summary>Sends an event; the status, 0 where nobody took it.</summary>
    internal async Task<int> AppendAsync(string user, string item, string? id, long time)
    {
        try
        {
            using HttpResponseMessage answer = await _client.PostAsJsonAsync(new Uri(Url, "v1/events"), new { userId = user, events = new[] { new { itemId = item, eventId = id, timestamp = time } } });
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) Assert.NotNull(answer.Headers.RetryAfter);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    internal async Task<(int Status, JsonNode? Answer)> RecommendAsync(string user)
    {
        try
        {
            using HttpResponseMessage answer = await _client.PostAsJsonAsync(new Uri(Url, "v1/recommend"), new { userId = user });
            return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync()));
        }
        catch (HttpRequestException)
        {
            return (0, null);
        }
    }

    internal async Task<JsonNode> GetAsync(string address) => JsonNode.Parse(await _client.GetStringAsync(new Uri(Url, address)))!;

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Signal("CONT");
            Process.Kill();
            Process.WaitForExit();
        }

        Process.Dispose();
        _client.Dispose();
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", ["exec", s_tool, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
