namespace Sequor.Server.Models;

/// <summary>Holds a model for the time of a request: it stays until the lease ends, also when another one takes its place.</summary>
public readonly struct ModelLease : IDisposable
{
    private readonly ModelHost _host;

    internal ModelLease(ModelHost host, ServedModel model) => (_host, Model) = (host, model);

    /// <summary>The model.</summary>
    public ServedModel Model { get; }

    /// <summary>Gives it back.</summary>
    public void Dispose() => _host.Return(Model);
}
