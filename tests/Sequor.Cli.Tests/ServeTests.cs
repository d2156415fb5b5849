using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class ServeTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_run_is_served_with_the_users_of_its_store_until_it_is_told_to_end()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        int port = FreePort();
        string histories = folder.File("h.db");
        Task<Tool> service = Task.Run(() => Tool.RunUntil(
            ["serve", trained.Run, "--data", trained.Store, "--port", $"{port}", "--histories", histories, "--json"], end.Token), TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await ReadyAsync(client, service);
        JsonElement users = await client.GetFromJsonAsync<JsonElement>("/v1/users?limit=1", end.Token);
        string user = users.GetProperty("userIds")[0].GetString()!;
        using HttpResponseMessage answer = await client.PostAsJsonAsync("/v1/recommend", new { userId = user, k = 3 }, end.Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        JsonElement found = await answer.Content.ReadFromJsonAsync<JsonElement>(end.Token);
        Assert.Equal(3, found.GetProperty("items").GetArrayLength());

        await end.CancelAsync();
        Tool ended = await service;
        Assert.Equal(0, ended.ExitCode);
        using JsonDocument said = JsonDocument.Parse(ended.Output);
        Assert.Equal(found.GetProperty("modelVersion").GetString(), said.RootElement.GetProperty("version").GetString());
        Assert.Equal(histories, said.RootElement.GetProperty("histories").GetString());
    }

    [Fact]
    public void What_others_could_reach_needs_keys_and_what_is_taken_is_said()
    {
        Assert.Contains("no API key is configured", Tool.Refused("serve", trained.Run, "--host", "0.0.0.0", "--histories", folder.File("h.db")), StringComparison.Ordinal);
        Assert.Contains("must be sha256: and 64 hexadecimal digits", Tool.Refused("serve", trained.Run, "--api-key-hash", "secret", "--histories", folder.File("h.db")), StringComparison.Ordinal);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        Assert.Contains($"cannot listen on 127.0.0.1 port {port}", Tool.Refused("serve", trained.Run, "--port", port, "--histories", folder.File("h.db")), StringComparison.Ordinal);
        Assert.Contains("holds neither a run", Tool.Refused("serve", trained.Store, "--histories", folder.File("h.db")), StringComparison.Ordinal);
        Assert.Contains("--new-key stands alone", Tool.Refused("serve"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_key_comes_with_its_hash()
    {
        JsonElement made = Tool.Json("serve", "--new-key");
        Assert.StartsWith("sq_", made.GetProperty("key").GetString(), StringComparison.Ordinal);
        Assert.Matches("^sha256:[0-9a-f]{64}$", made.GetProperty("hash").GetString());
        Assert.NotEqual(made.GetProperty("key").GetString(), Tool.Json("serve", "--new-key").GetProperty("key").GetString());
    }

    private static async Task ReadyAsync(HttpClient client, Task<Tool> service)
    {
        while (true)
        {
            if (service.IsCompleted) Assert.Fail((await service).Error);
            try
            {
                using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
                if (ready.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
