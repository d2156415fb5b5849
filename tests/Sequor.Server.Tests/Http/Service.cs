using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Server.Models;
using Sequor.Server.Users;

namespace Sequor.Server.Tests.Http;

/// <summary>A service that listens on a free port, over a small model.</summary>
internal sealed class Service : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private Service()
    {
    }

    public WebApplication App { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public MemoryUsers Users => (MemoryUsers)App.Services.GetRequiredService<IUsers>();

    public string ModelDirectory => _folder.File("model");

    public static async Task<Service> StartAsync(Func<ServerOptions, ServerOptions>? change = null, Action<WebApplicationBuilder>? configure = null, Action<string>? write = null)
    {
        var service = new Service();
        (write ?? (directory => SmallModel.Write(directory)))(service.ModelDirectory);
        var options = new ServerOptions { ModelDirectory = service.ModelDirectory, HistoriesPath = service._folder.File("histories.db"), Port = 0 };
        service.App = SequorServer.Create(change?.Invoke(options) ?? options, builder =>
        {
            builder.Services.AddSingleton<IUsers>(provider => new MemoryUsers(provider.GetRequiredService<Lazy<ModelHost>>()));
            configure?.Invoke(builder);
        });
        await service.App.StartAsync();
        service.Client = new HttpClient { BaseAddress = SequorServer.Address(service.App), Timeout = TimeSpan.FromSeconds(30) };
        return service;
    }

    public Task<HttpResponseMessage> PostAsync(string address, string body) => PostAsync(address, Encoding.UTF8.GetBytes(body));

    public Task<HttpResponseMessage> PostAsync(string address, byte[] body, string type = "application/json")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return Client.PostAsync(address, content);
    }

    public async Task<JsonNode> AskAsync(string address, string body)
    {
        using HttpResponseMessage answer = await PostAsync(address, body);
        return await ReadAsync(answer);
    }

    public async Task<JsonNode> GetAsync(string address)
    {
        using HttpResponseMessage answer = await Client.GetAsync(address);
        return await ReadAsync(answer);
    }

    public static async Task<JsonNode> ReadAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        _folder.Dispose();
    }
}
