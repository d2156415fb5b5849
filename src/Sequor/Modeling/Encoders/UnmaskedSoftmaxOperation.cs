using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Encoders;

/// <summary>
/// The reference's <c>softmax_rel_bias</c> to the letter (hstu.py:343-352): the softmax runs over all N columns of the window, those of
/// the future and of the padding included, and only then the future is masked. So the future does reach the past, through the
/// denominator; it is here to compare numbers with, in plain scalar loops.
/// </summary>
internal sealed unsafe class UnmaskedSoftmaxOperation : Operation, ITraced
{
    private readonly Action<int> _forward;
    private SequenceBatch _batch = null!;
    private HeadColumns _query, _key, _value;
    private AttentionBiasTables? _bias;
    private Matrix _output;
    private int _window, _dqk, _dv;
    private float _scale;

    public UnmaskedSoftmaxOperation() => _forward = Forward;

    internal static Matrix Apply(
        Tape tape, SequenceBatch batch, int window, float scale, int dqk, int dv, AttentionBiasTables? bias, HeadColumns query, HeadColumns key, HeadColumns value)
    {
        var op = tape.Next<UnmaskedSoftmaxOperation>();
        (op._batch, op._window, op._scale, op._dqk, op._dv, op._bias) = (batch, window, scale, dqk, dv, bias);
        (op._query, op._key, op._value) = (query, key, value);
        op._output = tape.Allocate(batch.TokenCount, dv, clearGradient: false);
        new Span<float>(op._output.Data, (int)op._output.Size).Clear();
        tape.Workers.Run(batch.UserCount, op._forward);
        return op._output;
    }

    public void AddTo(TraceSums sums)
    {
        int newest = _batch.Length(0) - 1;
        double[] p = new double[_window];
        Softmax(0, newest, p);
        for (int j = 0; j <= newest; j++)
        {
            sums.Content[j] = _scale * Dot(0, newest, j);
            sums.Position[j] = _bias is { } places ? _scale * places.Position.Value.Data[_window - 1 + j - newest] : 0;
            sums.Time[j] = _bias is { } tables && _batch.HasTimes ? _scale * tables.Time.Value.Data[Bucket(0, newest, j)] : 0;
            sums.Weights[j] = p[j];
        }
        sums.AddHead(_value.Matrix.Row(0) + _value.FirstColumn, _value.Matrix.Stride, _dv);
    }

    // One thread: users share the bias gradient.
    internal override void Backward()
    {
        Tape.BeginGradient(_query.Matrix);
        Tape.BeginGradient(_key.Matrix);
        Tape.BeginGradient(_value.Matrix);
        double[] p = new double[_window], dp = new double[_window];
        for (int user = 0; user < _batch.UserCount; user++)
        {
            int first = _batch.Offsets[user], n = _batch.Length(user);
            for (int i = 0; i < n; i++) ClearColumns(_query.Matrix.RowGradient(first + i) + _query.FirstColumn, _dqk);
            for (int i = 0; i < n; i++) ClearColumns(_key.Matrix.RowGradient(first + i) + _key.FirstColumn, _dqk);
            for (int i = 0; i < n; i++) ClearColumns(_value.Matrix.RowGradient(first + i) + _value.FirstColumn, _dv);
            for (int i = 0; i < n; i++) BackwardRow(user, i, p, dp);
        }
    }

    private static void ClearColumns(float* columns, int count) => new Span<float>(columns, count).Clear();

    private void Forward(int user)
    {
        int first = _batch.Offsets[user], n = _batch.Length(user);
        double[] p = new double[_window];
        for (int i = 0; i < n; i++)
        {
            Softmax(user, i, p);
            float* o = _output.Row(first + i);
            for (int c = 0; c < _dv; c++)
            {
                double sum = 0;
                for (int j = 0; j <= i; j++) sum += p[j] * (_value.Matrix.Row(first + j) + _value.FirstColumn)[c];
                o[c] = (float)sum;
            }
        }
    }

    private void BackwardRow(int user, int i, double[] p, double[] dp)
    {
        int first = _batch.Offsets[user], n = _batch.Length(user);
        Softmax(user, i, p);
        float* dOut = _output.RowGradient(first + i);
        double shared = 0;
        for (int j = 0; j < _window; j++)
        {
            dp[j] = 0;
            if (j > i) continue;
            float* v = _value.Matrix.Row(first + j) + _value.FirstColumn, dv = _value.Matrix.RowGradient(first + j) + _value.FirstColumn;
            for (int c = 0; c < _dv; c++)
            {
                dp[j] += dOut[c] * v[c];
                dv[c] += (float)(p[j] * dOut[c]);
            }
            shared += p[j] * dp[j];
        }
        float* q = _query.Matrix.Row(first + i) + _query.FirstColumn, dq = _query.Matrix.RowGradient(first + i) + _query.FirstColumn;
        for (int j = 0; j < _window; j++)
        {
            float ds = (float)(p[j] * (dp[j] - shared) * _scale);
            if (_bias is { } tables)
            {
                tables.Position.Value.Gradient[_window - 1 + j - i] += ds;
                if (_batch.HasTimes) tables.Time.Value.Gradient[Bucket(user, i, j)] += ds;
            }
            if (j >= n) continue;
            float* k = _key.Matrix.Row(first + j) + _key.FirstColumn, dk = _key.Matrix.RowGradient(first + j) + _key.FirstColumn;
            for (int c = 0; c < _dqk; c++)
            {
                dq[c] += ds * k[c];
                dk[c] += ds * q[c];
            }
        }
    }

    private void Softmax(int user, int i, double[] p)
    {
        int n = _batch.Length(user);
        double highest = double.NegativeInfinity, sum = 0;
        for (int j = 0; j < _window; j++)
        {
            double s = j < n ? Dot(user, i, j) : 0;
            if (_bias is { } tables)
            {
                s += tables.Position.Value.Data[_window - 1 + j - i];
                if (_batch.HasTimes) s += tables.Time.Value.Data[Bucket(user, i, j)];
            }
            p[j] = s * _scale;
            highest = Math.Max(highest, p[j]);
        }
        for (int j = 0; j < _window; j++) sum += p[j] = Math.Exp(p[j] - highest);
        for (int j = 0; j < _window; j++) p[j] /= sum;
    }

    private double Dot(int user, int i, int j)
    {
        int first = _batch.Offsets[user];
        return TraceSums.Dot(_query.Matrix.Row(first + i) + _query.FirstColumn, _key.Matrix.Row(first + j) + _key.FirstColumn, _dqk);
    }

    // Columns behind the target have time 0 in the reference's padded batch.
    private byte Bucket(int user, int i, int j)
    {
        int start = _batch.Offsets[user] + user, n = _batch.Length(user);
        return TimeBuckets.Bucket(_batch.Times[start + i + 1] - (j <= n ? _batch.Times[start + j] : 0));
    }
}
