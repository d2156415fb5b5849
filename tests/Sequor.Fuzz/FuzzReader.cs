namespace Sequor.Fuzz;

/// <summary>A reader of the product: makes hostile inputs of valid ones, reads them, and uses for a moment what could be read.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="workspace">The folder that it may read and write.</param>
internal abstract class FuzzReader(string name, Workspace workspace) : IDisposable
{
    public string Name => name;

    public Workspace Workspace => workspace;

    /// <summary>What the product may refuse an input by.</summary>
    public virtual bool IsRefusal(Exception error) => error is InvalidInputException;

    /// <summary>Managed bytes that reading may take for an input of a size.</summary>
    public virtual long AllowedBytes(long size) => (1 << 20) + 64 * size;

    /// <summary>The time of the processor that one input may take.</summary>
    public virtual TimeSpan AllowedTime => TimeSpan.FromSeconds(2);

    /// <summary>The next input; the same for the same draws.</summary>
    public abstract FuzzInput Make(FuzzRandom random);

    /// <summary>Reads an input that the runner has put into the workspace.</summary>
    public abstract void Read(FuzzInput input);

    public virtual void Dispose()
    {
    }

    protected static void Require(bool holds, string finding)
    {
        if (!holds) throw new BrokenPromiseException(finding);
    }
}

/// <summary>What was read without complaint is not what the reader promises.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);
