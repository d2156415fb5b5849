namespace Sequor.Server.Models;

/// <summary>Holds a model for the time of a request: it stays until the lease ends, also when another one takes its place.</summary>
public readonly struct ModelLease : IDisposable
{
    internal ModelLease(ServedModel model) => Model = model;

    /// <summary>The model.</summary>
    public ServedModel Model { get; }

    /// <summary>Gives it back; to be called once.</summary>
    public void Dispose() => Model.Release();
}
