using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Whole models, embedding to postprocessor: states and the gradient of every parameter.</summary>
public class EncoderParityTests
{
    public static TheoryData<string> HstuCases => GoldenCase.Of("hstu_relbias_", "hstu_softmax_");

    public static TheoryData<string> SasRecCases => GoldenCase.Of("sasrec_");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(HstuCases))]
    public void Hstu_states_and_gradients_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        using RecommenderModel model = GoldenModel.Hstu(golden);
        Compare(golden, model, golden.Ints("in.past_lengths"), golden.Flag("timestamps_in_payloads"));
    }

    // The reference's SASRec masks by id, and the target's id stands behind the history: that column is a token too.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(SasRecCases))]
    public void Sasrec_states_and_gradients_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        using RecommenderModel model = GoldenModel.SasRec(golden);
        int width = golden.Shape("in.past_ids")[1];
        int[] ids = golden.Ints("in.past_ids");
        int[] tokens = [.. ids.Chunk(width).Select(row => row.TakeWhile(id => id != 0).Count())];
        Compare(golden, model, tokens, times: false);
    }

    public static TheoryData<string> CacheCases => GoldenCase.Of("hstu_cache_");

    // The reference's cache replaces rows of what it kept and attends to all of them again: its answers are those of encoding anew. Between the
    // passes the newest event changes; here it is not settled before another one follows.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(CacheCases))]
    public void Hstu_answers_what_the_reference_answers_with_and_without_its_cache(string name)
    {
        var golden = GoldenCase.Load(name);
        using RecommenderModel model = GoldenModel.HstuOfCache(golden);
        GoldenModel.CopyWeights(golden, "w.", model);
        using var batch = new SequenceBatch();
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        int width = golden.Shape("in.past_ids")[1];
        int[] lengths = golden.Ints("in.past_lengths");
        long[] times = golden.Longs("in.timestamps");
        KeyValueCache?[] caches = [.. lengths.Select(_ => model.CanCache ? new KeyValueCache(model) : null)];
        foreach ((string ids, string[] outputs) in (ReadOnlySpan<(string, string[])>)[("in.past_ids", ["out.pass1_current"]), ("in.pass2_past_ids", ["out.pass2_current", "out.full2_current"])])
        {
            batch.Clear();
            for (int b = 0; b < lengths.Length; b++) GoldenModel.Add(batch, b, width, lengths[b], golden.Ints(ids), times, 1, times[b * width + lengths[b]]);
            float[] current = GoldenModel.Values(LastStates.Encode(model, tape, batch)), cached = GoldenModel.Values(LastStates.Encode(model, tape, batch, caches));
            foreach (string output in outputs)
            {
                Agreement.Check(output, golden.Floats(output), current);
                Agreement.Check(output, golden.Floats(output), cached);
            }
        }
        foreach (KeyValueCache? cache in caches) cache?.Dispose();
    }

    private static void Compare(GoldenCase golden, RecommenderModel model, int[] tokens, bool times)
    {
        GoldenModel.CopyWeights(golden, "w.", model);
        using var batch = new SequenceBatch();
        using var workers = new WorkerPool(2);
        using var tape = new Tape(workers, differentiate: true);
        int width = golden.Shape("in.past_ids")[1], dim = model.Config.EmbeddingDim;
        int[] ids = golden.Ints("in.past_ids"), lengths = golden.Ints("in.past_lengths");
        long[] timestamps = golden.Longs("in.timestamps");
        batch.Clear();
        for (int b = 0; b < tokens.Length; b++)
            GoldenModel.Add(batch, b, width, tokens[b], ids, times ? timestamps : null, 1, timestamps[b * width + tokens[b]]);
        tape.Begin();
        Matrix states = model.Encode(tape, batch);

        float[] expected = golden.Floats("out.encoded"), cotangent = golden.Floats("in.cotangent");
        float[] jagged = new float[states.Rows * dim], current = new float[tokens.Length * dim];
        for (int b = 0, t = 0; b < tokens.Length; b++)
        {
            states[t + lengths[b] - 1].CopyTo(current.AsSpan(b * dim));
            for (int i = 0; i < tokens[b]; i++, t++)
            {
                expected.AsSpan((b * width + i) * dim, dim).CopyTo(jagged.AsSpan(t * dim));
                cotangent.AsSpan((b * width + i) * dim, dim).CopyTo(states.GradientRow(t));
            }
        }
        Agreement.Check("out.encoded", jagged, GoldenModel.Values(states));
        Agreement.Check("out.current", golden.Floats("out.current"), current);

        tape.Backward();
        foreach (Parameter parameter in model.Parameters)
            Agreement.Check("grad." + parameter.Name, golden.Floats("grad." + parameter.Name), GoldenModel.Gradient(parameter));
        // What the model has no parameter for (the bias that the reference leaves out) must have no gradient there either.
        foreach (string array in golden.ArrayNames.Where(array => array.StartsWith("grad.", StringComparison.Ordinal) && array != "grad.past_embeddings"))
            if (!model.Parameters.Any(parameter => array == "grad." + parameter.Name)) Assert.All(golden.Floats(array), gradient => Assert.Equal(0f, gradient));
        Agreement.Check("grad.past_embeddings, summed by item", SumByItem(golden, ids, model.ItemCount + 1, dim), GoldenModel.Gradient(model.Items));
    }

    private static float[] SumByItem(GoldenCase golden, int[] ids, int rows, int dim)
    {
        float[] perToken = golden.Floats("grad.past_embeddings");
        var sums = new float[rows * dim];
        for (int t = 0; t < ids.Length; t++)
            for (int c = 0; c < dim; c++) sums[ids[t] * dim + c] += perToken[t * dim + c];
        // The padding row is frozen.
        sums.AsSpan(0, dim).Clear();
        return sums;
    }
}
