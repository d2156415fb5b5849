using DuckDB.NET.Native;
using static DuckDB.NET.Native.NativeMethods;

namespace Sequor.Preparation.Reading;

/// <summary>Up to 2,048 rows of text columns as DuckDB holds them.</summary>
internal sealed unsafe class TextChunk(DuckDBDataChunk chunk) : IDisposable
{
    /// <summary>Number of rows.</summary>
    public int RowCount { get; } = (int)DataChunks.DuckDBDataChunkGetSize(chunk);

    /// <summary>Points <paramref name="keys"/> at the values of a column, valid until the chunk is disposed; NULL is a key of length 0.</summary>
    public void Read(int column, Span<Utf8Key> keys)
    {
        nint vector = DataChunks.DuckDBDataChunkGetVector(chunk, column);
        var values = (DuckDBString*)Vectors.DuckDBVectorGetData(vector);
        ulong* valid = Vectors.DuckDBVectorGetValidity(vector);
        for (int row = 0; row < RowCount; row++)
        {
            bool isNull = valid is not null && (valid[row >> 6] >> (row & 63) & 1) == 0;
            keys[row] = isNull ? default : new Utf8Key((byte*)values[row].Data, values[row].Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => chunk.Dispose();
}
