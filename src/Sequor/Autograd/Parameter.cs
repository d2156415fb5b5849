using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>A learned array under the reference's name and in its layout, seen as a matrix (leading dimensions are rows).</summary>
public sealed unsafe class Parameter : IDisposable
{
    private readonly NativeBuffer _value;
    private readonly NativeBuffer? _gradient;
    private float** _gradientAddress;
    private readonly List<RowGradient> _rowGradients = [], _wholeGradients = [];
    private Parameter? _reader;
    private float* _readerFactors;

    /// <summary>
    /// Makes a zero parameter. A table (<paramref name="isTable"/>) collects its gradient as rows to be summed on demand: a dense one
    /// would cost more than the step.
    /// </summary>
    /// <param name="name">Name in checkpoints.</param>
    /// <param name="shape">Shape in checkpoints: (n), (rows, columns), or (rows, columns, 1).</param>
    /// <param name="isTable">Whether rows are looked up by id.</param>
    public Parameter(string name, int[] shape, bool isTable = false)
        : this(name, shape, isTable, heldInPart: false)
    {
    }

    /// <summary>The same; of a table that is <paramref name="heldInPart"/> only the rows that are written to take memory.</summary>
    internal Parameter(string name, int[] shape, bool isTable, bool heldInPart)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Name = name;
        Shape = shape;
        int rows = shape.Length == 1 ? 1 : shape[0], columns = shape.Length == 1 ? shape[0] : shape[1];
        ParameterBudget.Take(rows, columns);
        long size = (long)rows * Simd.Pad(columns);
        // A register may be read from any column on; the reads behind the last row land in this slack.
        _value = heldInPart ? NativeBuffer.Reserve(size + Simd.RowAlignment) : new NativeBuffer(size + Simd.RowAlignment);
        (IsHeldInPart, Held) = (heldInPart, (0, rows));
        if (!isTable)
        {
            _gradient = new NativeBuffer(size);
            _gradientAddress = (float**)NativeMemory.Alloc((nuint)sizeof(float*));
            *_gradientAddress = _gradient.Pointer;
        }
        Value = new Matrix(_value.Pointer, _gradientAddress, rows, columns);
        IsTable = isTable;
    }

    /// <summary>Name in checkpoints.</summary>
    public string Name { get; }

    /// <summary>Shape in checkpoints.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The values, with the dense gradient unless this is a table.</summary>
    public Matrix Value { get; }

    /// <summary>Whether the gradient is kept as rows.</summary>
    public bool IsTable { get; }

    /// <summary>Whether other processes hold the rows outside <see cref="Held"/>.</summary>
    internal bool IsHeldInPart { get; }

    /// <summary>The rows that this process holds and updates, whole <see cref="Blocks"/>; all, as a rule. Others have values while someone has put them there.</summary>
    internal (int First, int End) Held { get; private set; }

    /// <summary>Holds these rows of a table that is held in part.</summary>
    internal void Hold(int first, int end)
    {
        Held = (first, end);
        NativeBuffer.PreferHugePages(Value.Row(first), (long)(end - first) * Value.Stride);
    }

    /// <summary>The blocks of rows in which a table's gradient is summed.</summary>
    internal TableBlocks Blocks => new(Value.Rows, Value.Stride);

    internal void Add(RowGradient gradient)
    {
        // An operation keeps one RowGradient and reuses it: a second backward would overwrite the first.
        if (_rowGradients.Contains(gradient)) throw new InvalidOperationException($"{Name} still holds the gradient of the step before; apply it or call ClearGradient");
        _rowGradients.Add(gradient);
    }

    /// <summary>
    /// From now on operations read <paramref name="reader"/>, a table of the same shape made from this one: the gradient of row r is the
    /// reader's times <paramref name="factors"/>[r], and a row whose factor is 0 has none.
    /// </summary>
    internal void TakeGradientOf(Parameter reader, float* factors)
    {
        _reader = reader;
        _readerFactors = factors;
    }

    /// <summary>Whether another table stands between the operations and this one (<see cref="TakeGradientOf"/>), so that its gradient is complete only with theirs.</summary>
    internal bool HasReader => _reader is not null;

    /// <summary>Parts that backward has added so far to the gradient of a table.</summary>
    internal int PartCount => _reader?.PartCount ?? _rowGradients.Count;

    /// <summary>
    /// Puts a part of the gradient over the whole batch in place of those that were added: from the first on, the gradient is the sum of such
    /// parts. They stand until <see cref="ClearGradient"/>.
    /// </summary>
    internal void Replace(RowGradient whole) => _wholeGradients.Add(whole);

    /// <summary>Forgets the gradient.</summary>
    public void ClearGradient()
    {
        _reader?.ClearGradient();
        _rowGradients.Clear();
        _wholeGradients.Clear();
        if (_gradient is not null) NativeMemory.Clear(_gradient.Pointer, (nuint)_gradient.Length * sizeof(float));
    }

    /// <summary>Copies the gradient of one row, summed over its parts; a table's lives until the tape begins its next step.</summary>
    public void CopyGradientRow(int row, Span<float> target)
    {
        if (!IsTable)
        {
            Value.GradientRow(row).CopyTo(target);
            return;
        }
        if (_reader is not null && _wholeGradients.Count == 0)
        {
            _reader.CopyGradientRow(row, target);
            for (int c = 0; c < Value.Columns; c++) target[c] *= _readerFactors[row];
            return;
        }
        float* sum = stackalloc float[Value.Stride];
        new Span<float>(sum, Value.Stride).Clear();
        foreach (RowGradient part in _wholeGradients.Count > 0 ? _wholeGradients : _rowGradients)
            switch (Simd.Width)
            {
                case 16: part.AddRow<Vector512<float>, Simd512>(row, Value, sum); break;
                case 8: part.AddRow<Vector256<float>, Simd256>(row, Value, sum); break;
                default: part.AddRow<Vector128<float>, Simd128>(row, Value, sum); break;
            }
        new ReadOnlySpan<float>(sum, Value.Columns).CopyTo(target);
    }

    /// <summary>Sums a block of a table's gradient over its parts, in the order in which backward added them; <paramref name="spare"/> is working memory.</summary>
    internal void SumGradient<V, S>(int block, in BlockSums sums, in BlockSums spare) where V : struct where S : struct, ISimd<V>
    {
        if (_wholeGradients.Count > 0) Sum<V, S>(_wholeGradients, 0, block, sums, spare);
        else SumParts<V, S>(block, 0, sums, spare);
    }

    /// <summary>As <see cref="SumGradient"/>, over the parts from <paramref name="firstPart"/> on that backward has added.</summary>
    internal void SumParts<V, S>(int block, int firstPart, in BlockSums sums, in BlockSums spare) where V : struct where S : struct, ISimd<V>
    {
        if (_reader is null)
        {
            Sum<V, S>(_rowGradients, firstPart, block, sums, spare);
            return;
        }
        _reader.SumParts<V, S>(block, firstPart, sums, spare);
        ScaleAsRead<V, S>(block, sums);
    }

    /// <summary>Marks the rows of a block of which <see cref="SumParts"/> would make a sum, and no others.</summary>
    internal void TouchParts(int block, int firstPart, in BlockSums sums)
    {
        if (_reader is null)
        {
            sums.Clear();
            for (int part = firstPart; part < _rowGradients.Count; part++) _rowGradients[part].Touch(block, sums);
            return;
        }
        _reader.TouchParts(block, firstPart, sums);
        var (first, rows) = Blocks[block];
        for (int row = 0; row < rows; row++)
            if (_readerFactors[first + row] == 0) sums.Drop(row);
    }

    private void Sum<V, S>(List<RowGradient> parts, int firstPart, int block, in BlockSums sums, in BlockSums spare) where V : struct where S : struct, ISimd<V>
    {
        sums.Clear();
        for (int part = firstPart; part < parts.Count; part++)
        {
            if (part > firstPart) spare.Clear();
            parts[part].Sum<V, S>(block, Value, part == firstPart ? sums : spare);
            if (part > firstPart) sums.Add<V, S>(spare, Value.Stride);
        }
    }

    private void ScaleAsRead<V, S>(int block, in BlockSums sums) where V : struct where S : struct, ISimd<V>
    {
        var (first, rows) = Blocks[block];
        for (int row = 0; row < rows; row++)
        {
            if (!sums.Holds(row)) continue;
            float factor = _readerFactors[first + row];
            if (factor == 0) sums.Drop(row);
            else if (factor != 1) RowKernels<V, S>.Scale(factor, sums.Rows + row * Value.Stride, Value.Stride);
        }
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        _value.Dispose();
        _gradient?.Dispose();
        NativeMemory.Free(_gradientAddress);
        _gradientAddress = null;
    }
}
