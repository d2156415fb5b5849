using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sequor.Fuzz.Readers;

/// <summary>Stands in Kestrel's place: requests go through the whole service without a socket.</summary>
internal sealed class DirectServer : IServer
{
    private Func<IFeatureCollection, Task>? _process;

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        _process = async features =>
        {
            TContext context = application.CreateContext(features);
            try
            {
                await application.ProcessRequestAsync(context);
                application.DisposeContext(context, null);
            }
            catch (Exception error)
            {
                application.DisposeContext(context, error);
                throw;
            }
        };
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends a request and returns status and body of the answer.</summary>
    public (int Status, byte[] Body, string? Type) Send(string method, string path, string query, byte[] body, IEnumerable<(string Name, string Value)> headers)
    {
        var request = new HttpRequestFeature { Method = method, Path = path, QueryString = query, RawTarget = path + query, Protocol = "HTTP/1.1", Scheme = "http", Body = new MemoryStream(body) };
        foreach ((string name, string value) in headers) request.Headers[name] = value;
        var response = new HttpResponseFeature();
        using var answer = new MemoryStream();
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        _process!(features).GetAwaiter().GetResult();
        return (response.StatusCode, answer.ToArray(), response.Headers.ContentType);
    }

    public void Dispose()
    {
    }
}
