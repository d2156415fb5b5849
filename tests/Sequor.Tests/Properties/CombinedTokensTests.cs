using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Tests.Parity;
using Xunit;

namespace Sequor.Tests.Properties;

/// <summary>Item and rating tokens against a twin that knows no ratings: a plain model whose catalogue holds the rating rows as further items.</summary>
public class CombinedTokensTests
{
    private static readonly int[] s_lengths = [1, 40, 17, 2, 33];

    [Theory]
    [InlineData("hstu")]
    [InlineData("sasrec")]
    public void Combined_states_are_those_of_a_plain_model_on_the_interleaved_history(string encoder)
    {
        using RecommenderModel combined = TinyModels.Build(encoder + "_combined");
        using RecommenderModel plain = PlainTwin(combined);
        History[] histories = TinyModels.Histories(6, s_lengths);
        float[][] own = TinyModels.Encode(combined, WorkerPool.Shared, histories), twin = TinyModels.Encode(plain, WorkerPool.Shared, [.. histories.Select(Interleave)]);
        int dim = combined.Config.EmbeddingDim;
        for (int user = 0; user < own.Length; user++)
            Agreement.Check($"states of user {user}", [.. twin[user].Chunk(dim).Where((_, token) => token % 2 == 1).SelectMany(state => state)], own[user]);
    }

    [Fact]
    public void Two_tokens_of_an_event_share_its_item_and_time_and_the_target_stands_behind_them()
    {
        using var batch = new SequenceBatch();
        for (int filling = 0; filling < 2; filling++)
        {
            batch.Clear();
            batch.Add(7, new UserSequence([4, 5], [1, 2], [100, 110]), 6, 130);
            batch.Add(8, new UserSequence([9], [3], [200]), 3, 220 + filling);
            SequenceBatch twice = batch.Twice;
            Assert.Equal([0, 4, 6], twice.Offsets.ToArray());
            Assert.Equal([7, 8], twice.Users.ToArray());
            Assert.Equal([4, 4, 5, 5, 9, 9], twice.Items.ToArray());
            Assert.Equal([5, 5, 6, 6, 3, 3], twice.Targets.ToArray());
            Assert.Equal([100, 100, 110, 110, 130, 200, 200, 220 + filling], twice.Times.ToArray());
            Assert.Equal((4, false), (twice.LongestHistory, twice.HasRatings));
        }
        batch.Add(9, new UserSequence([1], [], []), 2, null);
        Assert.False(batch.Twice.HasTimes);
        Assert.Equal(8, batch.Twice.TokenCount);
    }

    /// <summary>A plain model with the weights of a combined one, which reads interleaved histories.</summary>
    internal static RecommenderModel PlainTwin(RecommenderModel combined)
    {
        ModelConfig config = combined.Config;
        // The same window of 2N tokens.
        var plain = new RecommenderModel(
            config with
            {
                InputPreprocessor = InputPreprocessorKind.LearnablePositionalEmbedding,
                MaxSequenceLength = 2 * config.MaxSequenceLength,
                OutputLength = 2 * config.Window - 2 * config.MaxSequenceLength - 1,
            },
            TinyModels.Items + config.Ratings.RowCount);
        foreach (Parameter parameter in plain.Parameters.Skip(1))
            GoldenModel.Copy(GoldenModel.Values(combined.Parameters.Single(other => other.Name == parameter.Name).Value), parameter.Value);
        float[] ratingRows = GoldenModel.Values(combined.Parameters.Single(other => other.Name.EndsWith("_rating_emb.weight", StringComparison.Ordinal)).Value);
        GoldenModel.Copy([.. GoldenModel.Values(combined.Items.Value), .. ratingRows], plain.Items.Value);
        return plain;
    }

    // Behind the catalogue stand the rating rows, of half stars.
    internal static History Interleave(History history)
    {
        int length = history.Items.Length - 1;
        int[] items = [.. Enumerable.Range(0, 2 * length).Select(token => token % 2 == 0 ? history.Items[token / 2] : TinyModels.Items + 1 + (int)(2 * history.Ratings[token / 2])), history.Items[^1]];
        long[] times = [.. Enumerable.Range(0, 2 * length).Select(token => history.Times[token / 2]), history.Times[^1]];
        return new History(items, times, new float[items.Length]);
    }
}
