using Sequor.Autograd;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;

namespace Sequor.Tests.Parity;

/// <summary>A model built from the hyper-parameters and weights of a case.</summary>
internal static class GoldenModel
{
    internal static RecommenderModel Hstu(GoldenCase golden) => new(
        Common(golden) with
        {
            Encoder = EncoderKind.Hstu,
            Hstu = new HstuConfig
            {
                BlockCount = golden.Int("num_blocks"),
                HeadCount = golden.Int("num_heads"),
                QueryKeyDim = golden.Int("attention_dim"),
                ValueDim = golden.Int("linear_dim"),
                LinearActivation = golden.Text("linear_activation") == "silu",
                ConcatUa = golden.Flag("concat_ua"),
                // Without timestamps the reference leaves out the whole bias, the part of the position too (hstu.py:203-204).
                RelativeAttentionBias = golden.Flag("enable_relative_attention_bias") && golden.Flag("timestamps_in_payloads"),
                Normalization = golden.Text("normalization") == "rel_bias" ? HstuNormalization.RelativeBias : HstuNormalization.SoftmaxRelativeBiasUnmasked,
            },
        },
        golden.Int("num_items"));

    internal static RecommenderModel SasRec(GoldenCase golden) => new(
        Common(golden) with
        {
            Encoder = EncoderKind.SasRec,
            SasRec = new SasRecConfig
            {
                BlockCount = golden.Int("num_blocks"),
                HeadCount = golden.Int("num_heads"),
                FeedForwardDim = golden.Int("ffn_hidden_dim"),
                Activation = golden.Text("ffn_activation_fn") == "relu" ? FeedForwardActivation.Relu : FeedForwardActivation.Gelu,
                DropoutRate = 0,
            },
        },
        golden.Int("num_items"));

    /// <summary>A case of the cache, which names neither postprocessor nor bias: L2, and with it.</summary>
    internal static RecommenderModel HstuOfCache(GoldenCase golden) => new(
        new ModelConfig
        {
            EmbeddingDim = golden.Int("embedding_dim"),
            MaxSequenceLength = golden.Int("max_sequence_len"),
            OutputLength = golden.Int("max_output_len") - 1,
            DropoutRate = 0,
            Encoder = EncoderKind.Hstu,
            Hstu = new HstuConfig
            {
                BlockCount = golden.Int("num_blocks"), HeadCount = golden.Int("num_heads"), QueryKeyDim = golden.Int("attention_dim"), ValueDim = golden.Int("linear_dim"),
                ConcatUa = golden.Flag("concat_ua"),
                Normalization = golden.Text("normalization") == "rel_bias" ? HstuNormalization.RelativeBias : HstuNormalization.SoftmaxRelativeBiasUnmasked,
            },
        },
        golden.Int("num_items"));

    internal static void CopyWeights(GoldenCase golden, string prefix, RecommenderModel model)
    {
        foreach (Parameter parameter in model.Parameters) Copy(golden.Floats(prefix + parameter.Name), parameter.Value);
    }

    internal static void Copy(ReadOnlySpan<float> source, Matrix target)
    {
        for (int row = 0; row < target.Rows; row++) source.Slice(row * target.Columns, target.Columns).CopyTo(target[row]);
    }

    internal static float[] Values(Matrix matrix)
    {
        var values = new float[matrix.Rows * matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++) matrix[row].CopyTo(values.AsSpan(row * matrix.Columns));
        return values;
    }

    internal static float[] Gradient(Parameter parameter)
    {
        int columns = parameter.Value.Columns;
        var values = new float[parameter.Value.Rows * columns];
        for (int row = 0; row < parameter.Value.Rows; row++) parameter.CopyGradientRow(row, values.AsSpan(row * columns, columns));
        return values;
    }

    /// <summary>Appends row <paramref name="user"/> of padded arrays (B, width): the first <paramref name="length"/> columns and the time behind them.</summary>
    internal static void Add(SequenceBatch batch, int user, int width, int length, int[] ids, long[]? times, int target, long? targetTime, float[]? ratings = null)
    {
        int first = user * width;
        ReadOnlySpan<long> history = times is null ? [] : times.AsSpan(first, length);
        batch.Add(user, new UserSequence(ids.AsSpan(first, length), ratings is null ? [] : ratings.AsSpan(first, length), history), target, times is null ? null : targetTime);
    }

    private static ModelConfig Common(GoldenCase golden) => new()
    {
        EmbeddingDim = golden.Int("embedding_dim"),
        MaxSequenceLength = golden.Int("max_sequence_len"),
        OutputLength = golden.Int("max_output_len") - 1,
        DropoutRate = 0,
        OutputNorm = golden.Text("output_postproc") == "l2" ? OutputNorm.L2 : OutputNorm.LayerNorm,
        L2NormEpsilon = golden.Double("postproc_eps"),
    };
}
