using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>
/// Memory of one step: handed out front to back, taken back all at once. After the first steps it is one block that fits, and
/// nothing is allocated any more.
/// </summary>
internal sealed unsafe class Arena : IDisposable
{
    private readonly List<NativeBuffer> _blocks = [];
    private int _block;
    private long _used;

    /// <summary>Bytes held.</summary>
    internal long Bytes => _blocks.Sum(block => block.Length) * sizeof(float);

    /// <summary>Memory for <paramref name="length"/> floats, aligned to a register; its content is undefined unless cleared.</summary>
    internal float* Take(long length, bool clear)
    {
        length = (length + 15) & ~15L;
        while (_block < _blocks.Count && _used + length > _blocks[_block].Length)
        {
            _block++;
            _used = 0;
        }
        if (_block == _blocks.Count) _blocks.Add(new NativeBuffer(Math.Max(length, 1 << 18)));
        float* memory = _blocks[_block].Pointer + _used;
        _used += length;
        if (clear) for (long done = 0; done < length; done += 1 << 28) new Span<float>(memory + done, (int)Math.Min(1 << 28, length - done)).Clear();
        return memory;
    }

    /// <summary>Takes everything back; several blocks become one.</summary>
    internal void Reset()
    {
        if (_blocks.Count > 1)
        {
            long total = 0;
            foreach (NativeBuffer block in _blocks)
            {
                total += block.Length;
                block.Dispose();
            }
            _blocks.Clear();
            _blocks.Add(new NativeBuffer(total));
        }
        _block = 0;
        _used = 0;
    }

    public void Dispose()
    {
        foreach (NativeBuffer block in _blocks) block.Dispose();
        _blocks.Clear();
    }
}
