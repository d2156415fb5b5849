using System.Buffers;

namespace Sequor.Data;

/// <summary>Part of an open <see cref="SequenceStore"/> as <see cref="Memory{T}"/>; refuses to be read once the store is closed.</summary>
internal sealed unsafe class MappedMemory<T>(SequenceStore owner, byte* start, int length) : MemoryManager<T>
    where T : unmanaged
{
    public override Span<T> GetSpan()
    {
        owner.ThrowIfClosed();
        return new Span<T>(start, length);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => new((T*)start + elementIndex);

    public override void Unpin() { }

    protected override void Dispose(bool disposing) { }
}
