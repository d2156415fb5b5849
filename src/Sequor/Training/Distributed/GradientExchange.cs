using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Losses;

namespace Sequor.Training.Distributed;

/// <summary>
/// Makes the gradients of a share those of the whole batch, in every rank to the same bits. What backward has finished with is exchanged while it goes
/// on: dense parameters layer by layer, and of the item table the part that the loss leaves, which is the largest.
/// </summary>
internal sealed unsafe class GradientExchange : IDisposable
{
    private readonly IProcessGroup _group;
    private readonly Tape _tape;
    private readonly ExchangeThread _exchanges = new();
    private readonly Dictionary<Parameter, DenseSum> _dense = [];
    private readonly List<Table> _tables = [];
    private readonly Action _sumNumbers, _sumOfShares;
    private readonly double[] _numbers = new double[4];
    private double* _shareValues;
    private int _shareCount;
    private TimeSpan _busyBefore;

    /// <summary>Exchanges the gradients that a tape leaves on these parameters; of tables held in part by <paramref name="shards"/>.</summary>
    internal GradientExchange(IProcessGroup group, IReadOnlyList<Parameter> parameters, Tape tape, ShardedTable? shards = null)
    {
        (_group, _tape) = (group, tape);
        _sumNumbers = SumNumbers;
        _sumOfShares = () => _group.Sum(_shareValues, _shareCount);
        foreach (Parameter parameter in parameters)
        {
            if (parameter.IsTable) _tables.Add(new Table(parameter, group, parameter.IsHeldInPart ? shards : null));
            else _dense.Add(parameter, new DenseSum(parameter, group));
        }
        tape.GradientsComplete = Exchange;
    }

    /// <summary>Bytes that this rank has given away in the last step: dense gradients once, rows of tables to each rank that they go to.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Time of the last step in which something was exchanged, also while this rank computed.</summary>
    internal TimeSpan Busy { get; private set; }

    /// <summary>Whether this rank wants to stop, before a step; whether one of the ranks does, behind it.</summary>
    internal bool WantsStop { get; set; }

    /// <summary>The same of a checkpoint.</summary>
    internal bool WantsCheckpoint { get; set; }

    /// <summary>Adds up what a loss must know of the whole batch before it can be differentiated.</summary>
    internal void Sum(Span<double> values)
    {
        fixed (double* first = values)
        {
            _shareValues = first;
            _shareCount = values.Length;
            _exchanges.Run(_sumOfShares);
        }
    }

    /// <summary>Begins a step.</summary>
    internal void Begin()
    {
        _busyBefore = _exchanges.Busy;
        foreach (DenseSum dense in _dense.Values) dense.IsSent = false;
        foreach (Table table in _tables) table.Begin();
    }

    /// <summary>
    /// Behind backward: sends what is left, waits for all, and puts the gradients of the whole batch in place of the share's. The loss and its
    /// auxiliary part, both shares, become those of the whole batch.
    /// </summary>
    internal void End(ref double loss, NextItemLoss objective)
    {
        foreach (DenseSum dense in _dense.Values) dense.Send(_exchanges);
        foreach (Table table in _tables) table.Send(_tape.Workers, _exchanges, complete: true);
        (_numbers[0], _numbers[1], _numbers[2], _numbers[3]) = (loss, objective.UserNorm, WantsStop ? 1 : 0, WantsCheckpoint ? 1 : 0);
        _exchanges.Run(_sumNumbers);
        Busy = _exchanges.Busy - _busyBefore;
        (loss, objective.UserNorm, WantsStop, WantsCheckpoint) = (_numbers[0], _numbers[1], _numbers[2] > 0, _numbers[3] > 0);
        Bytes = 0;
        foreach (DenseSum dense in _dense.Values) Bytes += dense.Bytes;
        foreach (Table table in _tables) Bytes += table.End(_tape);
    }

    /// <summary>Runs an exchange of its own, between steps.</summary>
    internal void Run(Action exchange) => _exchanges.Run(exchange);

    public void Dispose()
    {
        _tape.GradientsComplete = null;
        _exchanges.Dispose();
        foreach (Table table in _tables) table.Dispose();
    }

    private void Exchange(IReadOnlyList<Parameter> complete)
    {
        for (int i = 0; i < complete.Count; i++)
            if (_dense.TryGetValue(complete[i], out DenseSum? dense)) dense.Send(_exchanges);
        foreach (Table table in _tables) table.Send(_tape.Workers, _exchanges, complete: false);
    }

    private void SumNumbers()
    {
        fixed (double* numbers = _numbers) _group.Sum(numbers, _numbers.Length);
    }

    // The gradient of a dense parameter is summed where it stands.
    private sealed class DenseSum
    {
        private readonly Parameter _parameter;
        private readonly Action _sum;

        internal DenseSum(Parameter parameter, IProcessGroup group)
        {
            _parameter = parameter;
            _sum = () => group.Sum(_parameter.Value.Gradient, _parameter.Value.Size);
        }

        internal bool IsSent { get; set; }

        internal long Bytes => _parameter.Value.Size * sizeof(float);

        internal void Send(ExchangeThread exchanges)
        {
            if (IsSent) return;
            IsSent = true;
            exchanges.Begin(_sum);
        }
    }

    // Parts of a table's gradient, sent as they come: each exchange has buffers of its own, as the one before may be on its way.
    private sealed class Table(Parameter parameter, IProcessGroup group, ShardedTable? shards) : IDisposable
    {
        private readonly List<TableExchange> _exchanges = [];
        private int _sentParts, _sent;

        internal void Begin() => _sentParts = _sent = 0;

        internal void Send(WorkerPool workers, ExchangeThread exchanges, bool complete)
        {
            int parts = parameter.PartCount;
            // Read through another table, the gradient is complete with the last operation only.
            if (parts == _sentParts || (parameter.HasReader && !complete)) return;
            if (_sent == _exchanges.Count) _exchanges.Add(new TableExchange(parameter, group, shards));
            _exchanges[_sent++].Begin(workers, exchanges, _sentParts);
            _sentParts = parts;
        }

        internal long End(Tape tape)
        {
            long bytes = 0;
            for (int i = 0; i < _sent; i++)
            {
                _exchanges[i].End(tape);
                bytes += _exchanges[i].Bytes;
            }
            return bytes;
        }

        public void Dispose()
        {
            foreach (TableExchange exchange in _exchanges) exchange.Dispose();
        }
    }
}
