using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Training;

/// <summary>
/// AdamW with one parameter group, β = (.9, .98), ε = 1e-8 and linear warm-up; tables by <see cref="ItemOptimizer"/>. A block of a
/// table's gradient is summed in cache and used at once, so it never exists as a whole.
/// </summary>
/// <remarks>One run over all parameters: blocks of the tables first, then slices of the dense parameters, whose gradient is cleared on the way.</remarks>
public sealed unsafe class AdamWOptimizer : IDisposable
{
    private const int FloatsPerPiece = 1 << 14;
    private const int MostTablePieces = 1024;
    private readonly Action<int> _update;
    private readonly List<(Parameter Parameter, NativeBuffer First, NativeBuffer Second)> _moments = [];
    private readonly List<Piece> _pieces = [];
    private readonly TrainingConfig _config;
    private readonly WorkerPool _workers;
    private AdamWStep _step;

    /// <summary>Starts with zero moments.</summary>
    public AdamWOptimizer(IReadOnlyList<Parameter> parameters, TrainingConfig config, WorkerPool workers)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(workers);
        _config = config;
        _workers = workers;
        bool oneMomentARow = config.ItemOptimizer == ItemOptimizer.PartialRowWiseAdamW;
        foreach (Parameter parameter in parameters)
        {
            Matrix value = parameter.Value;
            _moments.Add((parameter, Zeros(parameter, value.Size), Zeros(parameter, parameter.IsTable && oneMomentARow ? value.Rows : value.Size)));
        }
        for (int p = 0; p < parameters.Count; p++)
        {
            if (!parameters[p].IsTable) continue;
            TableBlocks all = parameters[p].Blocks;
            var (row, end) = parameters[p].Held;
            int first = row >> all.Shift, blocks = (end + all.RowsPerBlock - 1 >> all.Shift) - first, count = Math.Min(blocks, MostTablePieces);
            for (int i = 0; i < count; i++) _pieces.Add(new Piece(p, first + (long)blocks * i / count, first + (long)blocks * (i + 1) / count));
        }
        for (int p = 0; p < parameters.Count; p++)
        {
            if (parameters[p].IsTable) continue;
            long size = parameters[p].Value.Size;
            for (long start = 0; start < size; start += FloatsPerPiece) _pieces.Add(new Piece(p, start, Math.Min(size, start + FloatsPerPiece)));
        }
        _update = Simd.Width switch
        {
            16 => Update<Vector512<float>, Simd512>,
            8 => Update<Vector256<float>, Simd256>,
            _ => Update<Vector128<float>, Simd128>,
        };
    }

    /// <summary>Steps taken.</summary>
    public long StepCount { get; private set; }

    /// <summary>Both moments of every parameter under the names that PyTorch gives them, with the parameter's rows and columns; one row of a second moment a row.</summary>
    internal IEnumerable<KeyValuePair<string, Matrix>> Moments
    {
        get
        {
            foreach (var (parameter, first, second) in _moments)
            {
                Matrix value = parameter.Value;
                bool oneARow = second.Length < first.Length;
                yield return KeyValuePair.Create($"{parameter.Name}.exp_avg", MatrixOn(first, value.Rows, value.Columns));
                yield return KeyValuePair.Create($"{parameter.Name}.exp_avg_sq", oneARow ? MatrixOn(second, 1, value.Rows) : MatrixOn(second, value.Rows, value.Columns));
            }
        }
    }

    /// <summary>Those of the parameters of which other processes hold a part.</summary>
    internal IEnumerable<Matrix> ShardedMoments => Moments.Zip(_moments.SelectMany(moment => new[] { moment.Parameter, moment.Parameter }))
        .Where(pair => pair.Second.IsHeldInPart).Select(pair => pair.First.Value);

    /// <summary>Goes on behind the steps that made <see cref="Moments"/> what they have been set to.</summary>
    internal void ContinueFrom(long stepCount) => StepCount = stepCount;

    /// <summary>Rate of the next step.</summary>
    public double LearningRate =>
        _config.LearningRate * (StepCount < _config.WarmupSteps ? (double)(StepCount + 1) / _config.WarmupSteps : 1);

    /// <summary>
    /// Bytes that a step reads and writes of weights and moments; gradients of tables never stand in memory. The few rows that a lazy
    /// optimizer touches are left out.
    /// </summary>
    internal long BytesPerStep
    {
        get
        {
            long bytes = 0;
            foreach (var (parameter, _, _) in _moments)
                if (!parameter.IsTable || _config.ItemOptimizer == ItemOptimizer.AdamW) bytes += 6L * sizeof(float) * (parameter.Held.End - parameter.Held.First) * parameter.Value.Stride;
            return bytes;
        }
    }

    /// <summary>Applies the gradients and forgets them.</summary>
    public void Step()
    {
        double rate = LearningRate;
        StepCount++;
        _step = new AdamWStep((float)rate, 0.9f, 0.98f, 1e-8f, (float)_config.WeightDecay, StepCount);
        _workers.Run(_pieces.Count, _update);
        foreach (var (parameter, _, _) in _moments)
            if (parameter.IsTable) parameter.ClearGradient();
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        foreach (var (_, first, second) in _moments)
        {
            first.Dispose();
            second.Dispose();
        }
    }

    private static NativeBuffer Zeros(Parameter parameter, long size)
    {
        if (!parameter.IsHeldInPart) return new NativeBuffer(size);
        NativeBuffer moment = NativeBuffer.Reserve(size);
        long unit = size / parameter.Value.Rows;
        NativeBuffer.PreferHugePages(moment.Pointer + parameter.Held.First * unit, (parameter.Held.End - parameter.Held.First) * unit);
        return moment;
    }

    private static Matrix MatrixOn(NativeBuffer buffer, int rows, int columns) => new(buffer.Pointer, null, rows, columns);

    private void Update<V, S>(int index) where V : struct where S : struct, ISimd<V>
    {
        Piece piece = _pieces[index];
        var (parameter, first, second) = _moments[piece.Parameter];
        if (parameter.IsTable)
        {
            for (long block = piece.Start; block < piece.End; block++) UpdateBlock<V, S>(parameter, first.Pointer, second.Pointer, (int)block);
            return;
        }
        float* gradient = parameter.Value.Gradient + piece.Start;
        int count = (int)(piece.End - piece.Start);
        AdamW.Update<V, S>(parameter.Value.Data + piece.Start, gradient, first.Pointer + piece.Start, second.Pointer + piece.Start, count, _step);
        new Span<float>(gradient, count).Clear();
    }

    private void UpdateBlock<V, S>(Parameter parameter, float* first, float* second, int block) where V : struct where S : struct, ISimd<V>
    {
        Matrix table = parameter.Value;
        TableBlocks blocks = parameter.Blocks;
        int size = BlockSums.Size(blocks, table.Stride);
        float* memory = Scratch.Take(2L * size + blocks.RowsPerBlock);
        var sums = new BlockSums(memory, blocks, table.Stride);
        parameter.SumGradient<V, S>(block, sums, new BlockSums(memory + size, blocks, table.Stride));
        int* list = (int*)(memory + 2L * size);
        var touched = new ReadOnlySpan<int>(list, sums.List(list));
        var (row, rows) = blocks[block];
        long at = (long)row * table.Stride;
        switch (_config.ItemOptimizer)
        {
            case ItemOptimizer.LazyAdamW:
                AdamW.UpdateTouched<V, S>(table.Data + at, sums.Rows, first + at, second + at, table.Stride, touched, _step);
                break;
            case ItemOptimizer.PartialRowWiseAdamW:
                AdamW.UpdateTouchedRowWise<V, S>(table.Data + at, sums.Rows, first + at, second + row, table.Stride, table.Columns, touched, _step);
                break;
            default:
                AdamW.UpdateBlock<V, S>(table.Data + at, sums.Rows, first + at, second + at, rows, table.Stride, touched, _step);
                break;
        }
    }

    // Of a table the blocks from Start to End, of a dense parameter the floats.
    private readonly record struct Piece(int Parameter, long Start, long End);
}
