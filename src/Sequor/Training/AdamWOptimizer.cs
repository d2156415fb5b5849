using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Training;

/// <summary>
/// AdamW with one parameter group, β = (.9, .98), ε = 1e-8 and linear warm-up, exact: rows of a table that a step did not touch move by
/// their momentum too. A table's gradient row is summed and used at once, so it never exists as a whole.
/// </summary>
public sealed unsafe class AdamWOptimizer : IDisposable
{
    private const int RowsPerPiece = 256;
    private readonly Action<int> _table;
    private readonly List<(Parameter Parameter, NativeBuffer First, NativeBuffer Second)> _moments = [];
    private readonly TrainingConfig _config;
    private readonly WorkerPool _workers;
    private AdamWStep _step;
    private int _current;

    /// <summary>Starts with zero moments.</summary>
    public AdamWOptimizer(IReadOnlyList<Parameter> parameters, TrainingConfig config, WorkerPool workers)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(workers);
        _config = config;
        _workers = workers;
        foreach (Parameter parameter in parameters)
            _moments.Add((parameter, new NativeBuffer(parameter.Value.Size), new NativeBuffer(parameter.Value.Size)));
        _table = UpdateRows;
    }

    /// <summary>Steps taken.</summary>
    public long StepCount { get; private set; }

    /// <summary>Rate of the next step.</summary>
    public double LearningRate =>
        _config.LearningRate * (StepCount < _config.WarmupSteps ? (double)(StepCount + 1) / _config.WarmupSteps : 1);

    /// <summary>Bytes that a step reads and writes of weights and moments; gradients of tables never stand in memory.</summary>
    internal long BytesPerStep
    {
        get
        {
            long bytes = 0;
            foreach (var (parameter, _, _) in _moments) bytes += 6L * sizeof(float) * parameter.Value.Size;
            return bytes;
        }
    }

    /// <summary>Applies the gradients and forgets them.</summary>
    public void Step()
    {
        double rate = LearningRate;
        StepCount++;
        _step = new AdamWStep((float)rate, 0.9f, 0.98f, 1e-8f, (float)_config.WeightDecay, StepCount);
        for (_current = 0; _current < _moments.Count; _current++)
        {
            var (parameter, first, second) = _moments[_current];
            if (parameter.IsTable) _workers.Run((parameter.Value.Rows + RowsPerPiece - 1) / RowsPerPiece, _table);
            else AdamW.Update(parameter.Value.Data, parameter.Value.Gradient, first.Pointer, second.Pointer, parameter.Value.Size, _step);
            parameter.ClearGradient();
        }
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

    private void UpdateRows(int piece)
    {
        var (parameter, first, second) = _moments[_current];
        Matrix table = parameter.Value;
        float* gradient = stackalloc float[table.Stride];
        for (int row = piece * RowsPerPiece; row < Math.Min(table.Rows, (piece + 1) * RowsPerPiece); row++)
        {
            new Span<float>(gradient, table.Stride).Clear();
            foreach (RowGradient part in parameter.RowGradients) part.AddRow(row, table.Row(row), gradient);
            long at = (long)row * table.Stride;
            AdamW.Update(table.Data + at, gradient, first.Pointer + at, second.Pointer + at, table.Stride, _step);
        }
    }
}
