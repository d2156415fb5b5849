using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Dot products against items of each query's own, as candidates are scored again and as negatives leave their gradient; jagged batches.</summary>
public unsafe class DotProductParityTests
{
    public static TheoryData<string> Cases => GoldenCase.Of("dot_BXD", "dot_BrD_BXD");

    public static TheoryData<string> JaggedCases => GoldenCase.Of("utils");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Scores_and_gradients_of_own_items_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] itemShape = golden.Shape("in.items");
        int queries = golden.Shape("in.query")[0], groups = itemShape[0], count = itemShape[1], dim = itemShape[2], perGroup = queries / groups;
        using var table = new Parameter("items", [groups * count, dim], isTable: true);
        GoldenModel.Copy(golden.Floats("in.items"), table.Value);
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix query = tape.Allocate(queries, dim);
        new Span<float>(query.Data, (int)query.Size).Clear();
        GoldenModel.Copy(golden.Floats("in.query"), query);
        float[] cotangent = golden.Floats("in.cotangent"), scores = new float[queries * count], block = new float[dim * ItemBlock.Items], out64 = new float[ItemBlock.Items];
        int* ids = (int*)tape.AllocateFloats(scores.Length);
        fixed (float* items = block, found = out64, d = cotangent)
        {
            for (int q = 0; q < queries; q++)
            {
                float* own = table.Value.Row(q / perGroup * count);
                ItemBlock.Pack(own, table.Value.Stride, count, dim, normalize: false, epsilon: 0, items);
                ItemBlock.Score(query.Row(q), query.Stride, 1, items, dim, found);
                out64.AsSpan(0, count).CopyTo(scores.AsSpan(q * count));
                MatrixMultiply.Run(d + q * count, count, 1, own, table.Value.Stride, query.RowGradient(q), query.Stride, 1, count, query.Stride, false);
                for (int i = 0; i < count; i++) ids[q * count + i] = q / perGroup * count + i;
            }
            var gradient = new RowGradient();
            gradient.Set(tape, ids, scores.Length, count, d, 0, query.Data, table.Value, normalized: false, epsilon: 0);
            table.Add(gradient);
        }
        Agreement.Check("out.scores", golden.Floats("out.scores"), scores);
        Agreement.Check("grad.items", golden.Floats("grad.items"), GoldenModel.Gradient(table));
        float[] queryGradient = new float[queries * dim];
        for (int q = 0; q < queries; q++) query.GradientRow(q).CopyTo(queryGradient.AsSpan(q * dim));
        Agreement.Check("grad.query", golden.Floats("grad.query"), queryGradient);
    }

    // The reference pads rows and cuts them again; here a batch is jagged from the start, and a user's current state is its last row.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(JaggedCases))]
    public void Rows_of_a_batch_lie_where_the_reference_has_them_without_padding(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] shape = golden.Shape("in.dense"), lengths = golden.Ints("in.lengths");
        float[] dense = golden.Floats("in.dense");
        using var batch = new SequenceBatch();
        batch.Clear();
        // Row r of the dense array is item r + 1.
        for (int b = 0; b < lengths.Length; b++) batch.Add(b, new UserSequence([.. Enumerable.Range(b * shape[1] + 1, lengths[b])], [], []), 1, null);
        Assert.Equal(golden.Ints("out.cumsum"), batch.Offsets.ToArray());
        Assert.Equal(golden.Floats("out.dense_to_jagged"), Rows(batch.Items));
        Assert.Equal(golden.Floats("out.get_current_embeddings"), Rows([.. Enumerable.Range(0, lengths.Length).Select(b => batch.Items[batch.Offsets[b + 1] - 1])]));

        float[] Rows(ReadOnlySpan<int> items)
        {
            var rows = new List<float>();
            foreach (int item in items) rows.AddRange(dense.AsSpan((item - 1) * shape[2], shape[2]));
            return [.. rows];
        }
    }
}
