using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Tests.Properties;

namespace Sequor.Tests.Parity;

/// <summary>FuXi-α, FuXi-β and LiGR as their equations read, one history at a time, in double precision.</summary>
internal sealed class EncoderTwin
{
    private readonly ModelConfig _config;
    private readonly Dictionary<string, double[]> _weights;

    /// <summary>Copies the weights of a model.</summary>
    internal EncoderTwin(RecommenderModel model)
    {
        _config = model.Config;
        _weights = model.Parameters.ToDictionary(parameter => parameter.Name, Copy);
    }

    /// <summary>The weights of a name, to be changed at will.</summary>
    internal double[] this[string name] => _weights[name];

    /// <summary>States of a history, one a token.</summary>
    internal double[][] Encode(History history, bool withTimes)
    {
        int dim = _config.EmbeddingDim;
        double[] items = this["_embedding_module._item_emb.weight"], positions = this["_input_features_preproc._pos_emb.weight"];
        double[][] x = [.. Enumerable.Range(0, history.Items.Length - 1).Select(t =>
            Vector(dim, c => items[history.Items[t] * dim + c] * Math.Sqrt(dim) + positions[t * dim + c]))];
        for (int block = 0; block < 2; block++)
            x = _config.Encoder == EncoderKind.Ligr ? Ligr($"transformer_blocks.{block}.", x) : FuXi($"_fuxi._attention_layers.{block}.", x, history, withTimes);
        return [.. x.Select(state => _config.OutputNorm == OutputNorm.L2 ? Scaled(state, 1 / Math.Sqrt(state.Sum(v => v * v))) : LayerNorm(state))];
    }

    private double[][] FuXi(string name, double[][] x, History history, bool withTimes)
    {
        FuXiConfig fuxi = _config.FuXi;
        bool alpha = _config.Encoder == EncoderKind.FuXiAlpha;
        int values = fuxi.HeadCount * fuxi.ValueDim, keys = fuxi.HeadCount * fuxi.QueryKeyDim, channels = alpha ? 3 : 2, n = x.Length, dim = _config.EmbeddingDim;
        double[] projection = this[name + (alpha ? "_uvqk" : "_uv")], position = this[name + "_rel_attn_bias._pos_w"];
        double[][] p = [.. x.Select(row => Rms(row)).Select(row => Vector(projection.Length / dim, c => Silu(Column(row, projection, c))))];
        var result = new double[n][];
        for (int i = 0; i < n; i++)
        {
            var o = new double[channels * values];
            for (int j = 0; j <= i; j++)
            {
                double place = position[_config.Window - 1 + j - i], time = withTimes ? Time(history.Times[i + 1] - history.Times[j]) : 0;
                double[] meaning = alpha ? Vector(fuxi.HeadCount, h => Silu(Dot(fuxi.QueryKeyDim, p[i], 4 * values + h * fuxi.QueryKeyDim, p[j], 4 * values + keys + h * fuxi.QueryKeyDim)) / _config.Window) : [];
                for (int c = 0; c < values; c++)
                {
                    double v = p[j][channels * values + c];
                    o[c] += place * v;
                    o[values + c] += time * v;
                    if (alpha) o[2 * values + c] += meaning[c / fuxi.ValueDim] * v;
                }
            }
            double[] normalized = Rms(o), merged = Sum(Linear(name + "_mffn.lin0", Vector(o.Length, c => p[i][c] * normalized[c])), x[i]);
            result[i] = Sum(Linear(name + "_mffn.lin2", Gated(Linear(name + "_mffn.lin1_lin3", Rms(merged)))), merged);
        }
        return result;

        double Time(long elapsed) => alpha
            ? this[name + "_rel_attn_bias._ts_w"][TimeBuckets.Bucket(elapsed)]
            : this[name + "_rel_attn_bias._pow_a"][0] * Math.Pow(Math.Max(elapsed, 0) + 1.0, -this[name + "_rel_attn_bias._pow_b"][0]);
    }

    private double[][] Ligr(string name, double[][] x)
    {
        int n = x.Length, dim = _config.EmbeddingDim, headDim = dim / _config.Ligr.HeadCount;
        double[] weight = this[name + "multi_head_attn.in_proj_weight"], bias = this[name + "multi_head_attn.in_proj_bias"];
        double[][] qkv = [.. x.Select(LayerNorm).Select(row => Vector(3 * dim, c => bias[c] + Dot(dim, row, 0, weight, c * dim)))];
        var result = new double[n][];
        for (int i = 0; i < n; i++)
        {
            var attended = new double[dim];
            for (int h = 0; h < dim; h += headDim)
            {
                double[] exponentials = Vector(i + 1, j => Math.Exp(Dot(headDim, qkv[i], h, qkv[j], dim + h) / Math.Sqrt(headDim)));
                for (int c = h; c < h + headDim; c++) attended[c] = Enumerable.Range(0, i + 1).Sum(j => exponentials[j] * qkv[j][2 * dim + c]) / exponentials.Sum();
            }
            double[] middle = Add(x[i], "gating_linear_1", Linear(name + "multi_head_attn.out_proj", attended));
            result[i] = Add(middle, "gating_linear_2", Linear(name + "feed_forward.ff_linear_2", Gated(Linear(name + "feed_forward.ff_linear_1_3", LayerNorm(middle)))));
        }
        return result;

        double[] Add(double[] state, string gate, double[] update)
        {
            double[] logits = Linear(name + gate, state);
            return Vector(dim, c => state[c] + update[c] / (1 + Math.Exp(-logits[c])));
        }
    }

    private double[] Linear(string name, double[] x)
    {
        double[] weight = this[name + ".weight"];
        double[]? bias = _weights.GetValueOrDefault(name + ".bias");
        return Vector(weight.Length / x.Length, o => (bias?[o] ?? 0) + Dot(x.Length, weight, o * x.Length, x, 0));
    }

    private static double[] Gated(double[] x) => Vector(x.Length / 2, c => Silu(x[c]) * x[x.Length / 2 + c]);

    private static double Silu(double x) => x / (1 + Math.Exp(-x));

    private static double[] Rms(double[] x) => Scaled(x, 1 / Math.Sqrt(x.Sum(v => v * v) / x.Length + 1e-6));

    private static double[] LayerNorm(double[] x)
    {
        double mean = x.Average();
        return Scaled([.. x.Select(v => v - mean)], 1 / Math.Sqrt(x.Sum(v => (v - mean) * (v - mean)) / x.Length + 1e-6));
    }

    private static double[] Scaled(double[] x, double factor) => Vector(x.Length, c => x[c] * factor);

    private static double[] Sum(double[] x, double[] y) => Vector(x.Length, c => x[c] + y[c]);

    private static double Dot(int length, double[] x, int firstOfX, double[] y, int firstOfY)
    {
        double sum = 0;
        for (int c = 0; c < length; c++) sum += x[firstOfX + c] * y[firstOfY + c];
        return sum;
    }

    // ⟨x, column⟩ of a matrix of x.Length rows.
    private static double Column(double[] x, double[] matrix, int column)
    {
        double sum = 0;
        for (int row = 0; row < x.Length; row++) sum += x[row] * matrix[row * (matrix.Length / x.Length) + column];
        return sum;
    }

    private static double[] Vector(int length, Func<int, double> element)
    {
        var vector = new double[length];
        for (int c = 0; c < length; c++) vector[c] = element(c);
        return vector;
    }

    private static double[] Copy(Parameter parameter) => [.. GoldenModel.Values(parameter.Value).Select(value => (double)value)];
}
