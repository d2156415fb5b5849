using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Tests.Parity;

namespace Sequor.Tests.Properties;

/// <summary>What the newest event reads in HSTU and SASRec as their equations say it, in double precision, with all states computed on the way.</summary>
internal sealed class TraceTwin
{
    private readonly ModelConfig _config;
    private readonly Dictionary<string, double[]> _weights;
    private readonly History _history;
    private readonly int _length;
    private readonly double[] _share, _content, _position, _time;
    private int _heads;

    internal TraceTwin(RecommenderModel model, History history)
    {
        (_config, _history, _length) = (model.Config, history, history.Items.Length - 1);
        (_share, _content, _position, _time) = (new double[_length], new double[_length], new double[_length], new double[_length]);
        _weights = model.Parameters.ToDictionary(parameter => parameter.Name, parameter => GoldenModel.Values(parameter.Value).Select(value => (double)value).ToArray());
        int dim = _config.EmbeddingDim;
        double[] items = _weights["_embedding_module._item_emb.weight"], positions = _weights["_input_features_preproc._pos_emb.weight"];
        double[][] x = [.. Enumerable.Range(0, _length).Select(t => Vector(dim, c => items[history.Items[t] * dim + c] * Math.Sqrt(dim) + positions[t * dim + c]))];
        for (int block = 0; block < 2; block++) x = _config.Encoder == EncoderKind.Hstu ? Hstu($"_hstu._attention_layers.{block}.", x) : SasRec(block, x);
    }

    internal float[] Share => [.. _share.Select(share => (float)(share / _share.Sum()))];

    internal float[] Content => Mean(_content);

    internal float[] Position => Mean(_position);

    internal float[] Time => Mean(_time);

    private double[][] Hstu(string name, double[][] x)
    {
        HstuConfig hstu = _config.Hstu;
        int uv = hstu.HeadCount * hstu.ValueDim, qk = hstu.HeadCount * hstu.QueryKeyDim, columns = 2 * (uv + qk);
        double[] projection = _weights[name + "_uvqk"], places = _weights[name + "_rel_attn_bias._pos_w"], times = _weights[name + "_rel_attn_bias._ts_w"];
        double[][] p = [.. x.Select(row => Norm(row, 1e-6)).Select(row => Vector(columns, c => Activate(Enumerable.Range(0, row.Length).Sum(i => row[i] * projection[i * columns + c]))))];
        return [.. Enumerable.Range(0, _length).Select(i =>
        {
            double[] a = new double[uv];
            for (int h = 0; h < hstu.HeadCount; h++)
                Attend(i, hstu.QueryKeyDim, hstu.ValueDim, p[i], 2 * uv + h * hstu.QueryKeyDim, p, 2 * uv + qk + h * hstu.QueryKeyDim, uv + h * hstu.ValueDim, a, h * hstu.ValueDim,
                    1, j => places[_config.Window - 1 + j - i], j => times[TimeBuckets.Bucket(_history.Times[i + 1] - _history.Times[j])],
                    scores => [.. scores.Select(s => s / (1 + Math.Exp(-s)) / (hstu.AttentionNormalizer == AttentionNormalizer.Window ? _config.Window : i + 1))]);
            double[] n = Norm(a, 1e-6), gated = Vector(uv, c => p[i][c] * n[c]);
            if (hstu.ConcatUa) gated = [.. p[i][..uv], .. n, .. gated];
            return Add(Linear(_weights[name + "_o.weight"], _weights[name + "_o.bias"], 0, x[i].Length, gated), x[i]);
        })];

        double Activate(double value) => hstu.LinearActivation ? value / (1 + Math.Exp(-value)) : value;
    }

    private double[][] SasRec(int block, double[][] x)
    {
        string attention = $"attention_layers.{block}.", forward = $"forward_layers.{block}._conv1d.";
        int dim = _config.EmbeddingDim, headDim = dim / _config.SasRec.HeadCount, hidden = _config.SasRec.FeedForwardDim;
        double[] weight = _weights[attention + "in_proj_weight"], bias = _weights[attention + "in_proj_bias"];
        double[][] q = [.. x.Select(row => Norm(row, 1e-8))], kv = [.. x.Select(row => Linear(weight, bias, dim, 2 * dim, row))];
        return [.. Enumerable.Range(0, _length).Select(i =>
        {
            double[] query = Linear(weight, bias, 0, dim, q[i]), a = new double[dim];
            for (int h = 0; h < dim; h += headDim)
                Attend(i, headDim, headDim, query, h, kv, h, dim + h, a, h, 1 / Math.Sqrt(headDim), _ => 0, _ => 0, scores => [.. scores.Select(s => Math.Exp(s) / scores.Sum(Math.Exp))]);
            double[] f = Norm(Add(q[i], Linear(_weights[attention + "out_proj.weight"], _weights[attention + "out_proj.bias"], 0, dim, a)), 1e-8);
            double[] wide = [.. Linear(_weights[forward + "0.weight"], _weights[forward + "0.bias"], 0, hidden, f).Select(value => Math.Max(value, 0))];
            return Add(f, Linear(_weights[forward + "3.weight"], _weights[forward + "3.bias"], 0, dim, wide));
        })];
    }

    // Attends from row i with a head, and notes what the newest row does.
    private void Attend(
        int i, int dqk, int dv, double[] query, int firstOfQuery, double[][] keyValues, int firstOfKey, int firstOfValue, double[] output, int firstOfOutput,
        double scale, Func<int, double> place, Func<int, double> time, Func<double[], double[]> weigh)
    {
        double[] content = Vector(i + 1, j => scale * Enumerable.Range(0, dqk).Sum(c => query[firstOfQuery + c] * keyValues[j][firstOfKey + c]));
        double[] weights = weigh(Vector(i + 1, j => content[j] + place(j) + time(j)));
        for (int j = 0; j <= i; j++)
        {
            double[] value = keyValues[j][firstOfValue..(firstOfValue + dv)];
            for (int c = 0; c < dv; c++) output[firstOfOutput + c] += weights[j] * value[c];
            if (i < _length - 1) continue;
            _share[j] += Math.Abs(weights[j]) * Math.Sqrt(value.Sum(v => v * v));
            (_content[j], _position[j], _time[j]) = (_content[j] + content[j], _position[j] + place(j), _time[j] + time(j));
        }
        if (i == _length - 1) _heads++;
    }

    private float[] Mean(double[] sums) => [.. sums.Select(sum => (float)(sum / _heads))];

    private static double[] Linear(double[] weight, double[] bias, int firstOutput, int outputs, double[] x) =>
        Vector(outputs, o => bias[firstOutput + o] + Enumerable.Range(0, x.Length).Sum(c => weight[(firstOutput + o) * x.Length + c] * x[c]));

    private static double[] Norm(double[] x, double epsilon)
    {
        double mean = x.Average(), variance = x.Sum(v => (v - mean) * (v - mean)) / x.Length;
        return [.. x.Select(v => (v - mean) / Math.Sqrt(variance + epsilon))];
    }

    private static double[] Add(double[] x, double[] y) => Vector(x.Length, c => x[c] + y[c]);

    private static double[] Vector(int length, Func<int, double> element) => [.. Enumerable.Range(0, length).Select(element)];
}
