using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.InputPreprocessors;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>What stands before and behind the encoder.</summary>
public class StageParityTests
{
    public static TheoryData<string> PreprocessorCases => GoldenCase.Of("pre_");

    public static TheoryData<string> PostprocessorCases => GoldenCase.Of("post_");

    public static TheoryData<string> FeatureCases => GoldenCase.Of("features_from_row");

    public static TheoryData<string> DotProductCases => GoldenCase.Of("dot_1XD");

    // The case gives embeddings by event and no table: here every event is an item of its own.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(PreprocessorCases))]
    public void Preprocessors_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] ids = golden.Ints("in.past_ids"), shape = golden.Shape("out.embeddings");
        int width = golden.Shape("in.past_ids")[1], itemDim = golden.Int("item_embedding_dim"), tokensPerEvent = shape[1] / width, dim = shape[2];
        float[] embeddings = golden.Floats("in.past_embeddings"), cotangent = golden.Floats("in.cotangent"), ratings = golden.Floats("in.ratings");
        InputPreprocessor preprocessor = Preprocessor(name, new ModelConfig
        {
            InputPreprocessor = name == "pre_rated" ? InputPreprocessorKind.LearnablePositionalEmbeddingRated : InputPreprocessorKind.LearnablePositionalEmbedding,
            EmbeddingDim = itemDim,
            MaxSequenceLength = width - 1,
            OutputLength = 0,
            DropoutRate = 0,
            Ratings = new RatingConfig { RowCount = golden.Int("num_ratings"), EmbeddingDim = dim - itemDim },
        });
        foreach (Parameter parameter in preprocessor.Parameters) GoldenModel.Copy(golden.Floats("w." + Short(parameter)), parameter.Value);
        using var table = new Parameter("table", [ids.Length + 1, itemDim], isTable: true);
        for (int e = 0; e < ids.Length; e++) embeddings.AsSpan(e * itemDim, itemDim).CopyTo(table.Value[e + 1]);
        int[] places = [.. Enumerable.Range(1, ids.Length)];
        using var batch = new SequenceBatch();
        batch.Clear();
        for (int b = 0; b < ids.Length / width; b++)
            GoldenModel.Add(batch, b, width, ids.AsSpan(b * width, width).IndexOf(0), places, null, 1, null, ratings);
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix x = preprocessor.Embed(tape, batch.All, table).Embedded;
        tape.BeginGradient(x);

        float[] output = new float[ids.Length * tokensPerEvent * dim], gradient = new float[ids.Length * itemDim];
        for (int t = 0; t < x.Rows; t++)
        {
            int place = (batch.Items[t / tokensPerEvent] - 1) * tokensPerEvent + t % tokensPerEvent;
            x[t].CopyTo(output.AsSpan(place * dim));
            cotangent.AsSpan(place * dim, dim).CopyTo(x.GradientRow(t));
        }
        tape.Backward();
        for (int e = 0; e < ids.Length; e++) table.CopyGradientRow(e + 1, gradient.AsSpan(e * itemDim, itemDim));
        Agreement.Check("out.embeddings", golden.Floats("out.embeddings"), output);
        Agreement.Check("grad.past_embeddings", golden.Floats("grad.past_embeddings"), gradient);
        foreach (Parameter parameter in preprocessor.Parameters)
        {
            Agreement.Check("grad." + Short(parameter), golden.Floats("grad." + Short(parameter)), GoldenModel.Gradient(parameter));
            parameter.Dispose();
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(PostprocessorCases))]
    public void Postprocessors_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int columns = golden.Shape("in.x")[^1], dim = golden.Int("embedding_dim");
        float[] x = golden.Floats("in.x");
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix input = Zeros(tape, x.Length / columns, dim);
        for (int t = 0; t < input.Rows; t++) x.AsSpan(t * columns, dim).CopyTo(input[t]);
        float epsilon = (float)golden.Double("eps");
        Matrix output = name == "post_l2norm" ? L2NormOperation.Apply(tape, input, epsilon) : LayerNormOperation.Apply(tape, input, epsilon);
        float[] cotangent = golden.Floats("in.cotangent");
        for (int t = 0; t < output.Rows; t++) cotangent.AsSpan(t * dim, dim).CopyTo(output.GradientRow(t));
        tape.Backward();

        var gradient = new float[x.Length];
        for (int t = 0; t < input.Rows; t++) input.GradientRow(t).CopyTo(gradient.AsSpan(t * columns));
        Agreement.Check("out.y", golden.Floats("out.y"), GoldenModel.Values(output));
        Agreement.Check("grad.x", golden.Floats("grad.x"), gradient);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(FeatureCases))]
    public void The_time_of_the_target_stands_behind_the_history(string name)
    {
        var golden = GoldenCase.Load(name);
        int width = golden.Shape("in.historical_ids")[1], padded = golden.Shape("out.past_ids")[1];
        int[] lengths = golden.Ints("in.history_lengths"), ids = golden.Ints("in.historical_ids"), targets = golden.Ints("in.target_ids");
        long[] times = golden.Longs("in.historical_timestamps"), targetTimes = golden.Longs("in.target_timestamps");
        using var batch = new SequenceBatch();
        batch.Clear();
        for (int b = 0; b < lengths.Length; b++) GoldenModel.Add(batch, b, width, lengths[b], ids, times, targets[b], targetTimes[b]);

        int[] expectedIds = golden.Ints("out.past_ids");
        long[] expectedTimes = golden.Longs("out.timestamps");
        for (int b = 0; b < lengths.Length; b++)
        {
            int first = batch.Offsets[b];
            Assert.Equal(golden.Ints("out.past_lengths")[b], batch.Length(b));
            Assert.Equal(expectedIds.AsSpan(b * padded, lengths[b]), batch.Items.Slice(first, lengths[b]));
            Assert.Equal(expectedTimes.AsSpan(b * padded, lengths[b] + 1), batch.Times.Slice(first + b, lengths[b] + 1));
            if (lengths[b] > 0) Assert.Equal(golden.Ints("out.target_ids")[b], batch.Targets[first + lengths[b] - 1]);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(DotProductCases))]
    public unsafe void Dot_products_and_their_gradients_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int queries = golden.Shape("in.query")[0], items = golden.Shape("in.items")[1], dim = golden.Shape("in.query")[1];
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix q = Zeros(tape, queries, dim), e = Zeros(tape, items, dim), transposed = Zeros(tape, dim, items), d = Zeros(tape, queries, items);
        Matrix scores = Zeros(tape, queries, items), dq = Zeros(tape, queries, dim), de = Zeros(tape, items, dim);
        GoldenModel.Copy(golden.Floats("in.query"), q);
        GoldenModel.Copy(golden.Floats("in.items"), e);
        GoldenModel.Copy(golden.Floats("in.cotangent"), d);
        Layout.Transpose(e.Data, e.Stride, transposed.Data, transposed.Stride, items, dim);
        MatrixMultiply.Run(q.Data, q.Stride, 1, transposed.Data, transposed.Stride, scores.Data, scores.Stride, queries, dim, scores.Stride, false);
        MatrixMultiply.Run(d.Data, d.Stride, 1, e.Data, e.Stride, dq.Data, dq.Stride, queries, items, dq.Stride, false);
        MatrixMultiply.Run(d.Data, 1, d.Stride, q.Data, q.Stride, de.Data, de.Stride, items, queries, de.Stride, false);
        Agreement.Check("out.scores", golden.Floats("out.scores"), GoldenModel.Values(scores));
        Agreement.Check("grad.query", golden.Floats("grad.query"), GoldenModel.Values(dq));
        Agreement.Check("grad.items", golden.Floats("grad.items"), GoldenModel.Values(de));
    }

    private static InputPreprocessor Preprocessor(string name, ModelConfig config) => name switch
    {
        "pre_learnable" => new LearnablePositionalEmbedding(config),
        "pre_rated" => new LearnablePositionalEmbeddingRated(config),
        "pre_combined_item_rating" => new CombinedItemAndRating(config),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "unknown preprocessor"),
    };

    private static string Short(Parameter parameter) => parameter.Name["_input_features_preproc.".Length..];

    private static unsafe Matrix Zeros(Tape tape, int rows, int columns)
    {
        Matrix matrix = tape.Allocate(rows, columns);
        new Span<float>(matrix.Data, (int)matrix.Size).Clear();
        return matrix;
    }
}
