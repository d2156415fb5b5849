namespace Sequor.Modeling;

/// <summary>An operation that can say what the newest token of the first user read, once the forward pass is over and its inputs were kept.</summary>
internal interface ITraced
{
    /// <summary>Adds a head or a channel at a time.</summary>
    void AddTo(TraceSums sums);
}

/// <summary>Sums over the heads and channels of a forward pass, token by token; they become an <see cref="AttentionTrace"/>. In plain loops: people ask seldom.</summary>
internal sealed unsafe class TraceSums(int tokens)
{
    private readonly double[] _share = new double[tokens];
    private readonly Part _content = new(tokens), _position = new(tokens), _time = new(tokens);

    /// <summary>Parts of the scores of the head at hand.</summary>
    internal double[] Content { get; } = new double[tokens];

    /// <summary>As <see cref="Content"/>.</summary>
    internal double[] Position { get; } = new double[tokens];

    /// <summary>As <see cref="Content"/>.</summary>
    internal double[] Time { get; } = new double[tokens];

    /// <summary>Weights of the head or channel at hand.</summary>
    internal double[] Weights { get; } = new double[tokens];

    /// <summary>Weights of the scores at hand: SiLU, times a factor.</summary>
    internal void Silu(double factor)
    {
        for (int j = 0; j < tokens; j++) Weights[j] = factor * Score(j) / (1 + Math.Exp(-Score(j)));
    }

    /// <summary>Weights of the scores at hand: softmax.</summary>
    internal void Softmax()
    {
        double highest = double.NegativeInfinity, sum = 0;
        for (int j = 0; j < tokens; j++) highest = Math.Max(highest, Score(j));
        for (int j = 0; j < tokens; j++) sum += Weights[j] = Math.Exp(Score(j) - highest);
        for (int j = 0; j < tokens; j++) Weights[j] /= sum;
    }

    /// <summary>Adds a head: its scores, and its weights against its values.</summary>
    internal void AddHead(float* value, nint stride, int columns)
    {
        _content.Add(Content);
        _position.Add(Position);
        _time.Add(Time);
        AddShares(value, stride, columns);
    }

    /// <summary>Adds a channel, whose weights are what place or time make them.</summary>
    internal void AddChannel(bool ofTime, float* value, nint stride, int columns)
    {
        (ofTime ? _time : _position).Add(Weights);
        AddShares(value, stride, columns);
    }

    /// <summary>The trace of events of so many tokens each.</summary>
    internal AttentionTrace ToTrace(int tokensPerEvent)
    {
        var trace = new AttentionTrace(tokens / tokensPerEvent);
        double total = _share.Sum();
        for (int j = 0; j < tokens; j++)
        {
            int e = j / tokensPerEvent;
            trace.Share[e] += (float)(total > 0 ? _share[j] / total : 1.0 / tokens);
            trace.Content[e] += _content.Mean(j);
            trace.Position[e] += _position.Mean(j);
            trace.Time[e] += _time.Mean(j);
        }
        return trace;
    }

    /// <summary>⟨x, y⟩ of <paramref name="count"/> floats.</summary>
    internal static double Dot(float* x, float* y, int count)
    {
        double sum = 0;
        for (int c = 0; c < count; c++) sum += (double)x[c] * y[c];
        return sum;
    }

    private double Score(int j) => Content[j] + Position[j] + Time[j];

    private void AddShares(float* value, nint stride, int columns)
    {
        for (int j = 0; j < tokens; j++)
            _share[j] += Math.Abs(Weights[j]) * Math.Sqrt(Dot(value + j * stride, value + j * stride, columns));
    }

    private sealed class Part(int tokens)
    {
        private readonly double[] _sums = new double[tokens];
        private int _count;

        internal void Add(double[] values)
        {
            _count++;
            for (int j = 0; j < tokens; j++) _sums[j] += values[j];
        }

        internal float Mean(int j) => (float)(_sums[j] / Math.Max(_count, 1));
    }
}
