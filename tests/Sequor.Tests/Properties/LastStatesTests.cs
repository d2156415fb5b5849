using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests.Properties;

/// <summary>What evaluation and serving compute, the last states alone, against the last rows of all states.</summary>
public class LastStatesTests
{
    private const int Longest = 200;

    public static TheoryData<string> Models => [.. TinyModels.Names.Select(row => row.Data), "hstu_unmasked"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Last_states_are_the_last_rows_of_all_states_to_the_bit(string name)
    {
        using RecommenderModel model = TinyModels.Build(name, longest: Longest);
        using WorkerPool one = new(1), two = new(2);
        using var batch = new SequenceBatch();
        int dim = model.Config.EmbeddingDim;
        foreach (int[] lengths in (int[][])[[1], [Longest], [1, 1, 1], [1, Longest, 16, 63, 64, 65, 2, 128, Longest - 1, 1], [127, 17, 1]])
        {
            History[] histories = TinyModels.Histories(lengths.Length, lengths);
            float[][] all = TinyModels.Encode(model, one, histories);
            TinyModels.Fill(batch, histories);
            foreach (WorkerPool workers in (WorkerPool[])[one, two])
            {
                using var tape = new Tape(workers, differentiate: false);
                // The second step reads memory that the first one has used.
                for (int step = 0; step < 2; step++)
                {
                    tape.Begin();
                    Matrix last = model.EncodeLast(tape, batch);
                    Assert.Equal(lengths.Length, last.Rows);
                    for (int b = 0; b < lengths.Length; b++) Assert.Equal(all[b][^dim..], last[b].ToArray());
                }
            }
        }
    }

    [Fact]
    public void A_tape_that_differentiates_is_refused()
    {
        using RecommenderModel model = TinyModels.Build("hstu");
        using var batch = new SequenceBatch();
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        TinyModels.Fill(batch, TinyModels.Histories(1, 3));
        Assert.Throws<ArgumentException>(() => LastStates.Encode(model, tape, batch));
    }
}
