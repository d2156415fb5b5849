using Sequor.Kernels;
using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests.Properties;

public class CausalityTests
{
    public static TheoryData<string> Models => TinyModels.Names;

    public static TheoryData<string> RatedModels => TinyModels.Rated;

    // The state of position i may know items 0 … i and times 0 … i + 1 (the time of the event to be predicted is an input).
    [Theory]
    [MemberData(nameof(Models))]
    public void The_future_never_influences_the_past(string name)
    {
        using RecommenderModel model = TinyModels.Build(name);
        int dim = model.Config.EmbeddingDim;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            int length = random.Next(2, 41), at = random.Next(1, length);
            History history = TinyModels.Histories(seed, length)[0];
            History changedItem = history with { Items = [.. history.Items] }, changedTime = history with { Times = [.. history.Times] };
            changedItem.Items[at] = 1 + history.Items[at] % TinyModels.Items;
            for (int i = at; i <= length; i++) changedTime.Times[i] += 1_000_000;
            float[] states = TinyModels.Encode(model, WorkerPool.Shared, history)[0];
            float[] byItem = TinyModels.Encode(model, WorkerPool.Shared, changedItem)[0], byTime = TinyModels.Encode(model, WorkerPool.Shared, changedTime)[0];
            Assert.Equal(states[..(at * dim)], byItem[..(at * dim)]);
            Assert.NotEqual(states[(at * dim)..((at + 1) * dim)], byItem[(at * dim)..((at + 1) * dim)]);
            Assert.Equal(states[..((at - 1) * dim)], byTime[..((at - 1) * dim)]);
            Assert.Equal(states[..(at * dim)], TinyModels.Encode(model, WorkerPool.Shared, new History(history.Items[..(at + 1)], history.Times[..(at + 1)], history.Ratings[..(at + 1)]))[0]);
        }
    }

    // A state predicts the next item before its rating is known.
    [Theory]
    [MemberData(nameof(RatedModels))]
    public void A_rating_changes_the_states_from_its_own_event_on(string name)
    {
        using RecommenderModel model = TinyModels.Build(name);
        int dim = model.Config.EmbeddingDim;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            int length = random.Next(2, 41), at = seed % 2 == 0 ? length - 1 : random.Next(0, length);
            History history = TinyModels.Histories(seed, length)[0], changed = history with { Ratings = [.. history.Ratings] }, ofTarget = history with { Ratings = [.. history.Ratings] };
            changed.Ratings[at] = (changed.Ratings[at] + 0.5f) % 5.5f;
            ofTarget.Ratings[length] = (ofTarget.Ratings[length] + 0.5f) % 5.5f;
            float[] states = TinyModels.Encode(model, WorkerPool.Shared, history)[0], byRating = TinyModels.Encode(model, WorkerPool.Shared, changed)[0];
            Assert.Equal(states[..(at * dim)], byRating[..(at * dim)]);
            for (int i = at; i < length; i++) Assert.NotEqual(states[(i * dim)..((i + 1) * dim)], byRating[(i * dim)..((i + 1) * dim)]);
            Assert.Equal(states, TinyModels.Encode(model, WorkerPool.Shared, ofTarget)[0]);
        }
    }

    // Proof that the test above can fail: the reference's softmax looks ahead, and is kept for comparison only.
    [Fact]
    public void The_unmasked_softmax_does_look_ahead()
    {
        using RecommenderModel model = TinyModels.Build("hstu_unmasked");
        History history = TinyModels.Histories(1, 20)[0];
        History changed = history with { Items = [.. history.Items] };
        changed.Items[10] = 1 + history.Items[10] % TinyModels.Items;
        Assert.NotEqual(TinyModels.Encode(model, WorkerPool.Shared, history)[0][..60], TinyModels.Encode(model, WorkerPool.Shared, changed)[0][..60]);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Company_and_order_in_the_batch_never_change_the_states_of_a_user(string name)
    {
        using RecommenderModel model = TinyModels.Build(name);
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            History[] histories = TinyModels.Histories(seed, [.. Enumerable.Range(0, 12).Select(_ => random.Next(1, 41))]);
            float[][] together = TinyModels.Encode(model, WorkerPool.Shared, histories);
            int[] order = [.. Enumerable.Range(0, histories.Length)];
            random.Shuffle(order);
            float[][] shuffled = TinyModels.Encode(model, WorkerPool.Shared, [.. order.Select(user => histories[user])]);
            for (int place = 0; place < order.Length; place++)
            {
                Assert.Equal(together[order[place]], shuffled[place]);
                Assert.Equal(together[order[place]], TinyModels.Encode(model, WorkerPool.Shared, histories[order[place]])[0]);
            }
        }
    }
}
