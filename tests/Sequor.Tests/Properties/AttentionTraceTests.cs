using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Tests.Parity;
using Xunit;

namespace Sequor.Tests.Properties;

public class AttentionTraceTests
{
    private const int Length = 70;

    public static TheoryData<string, InputPreprocessorKind> Models => [.. TinyModels.EncodersAndInputs, ("hstu_unmasked", InputPreprocessorKind.LearnablePositionalEmbedding)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Shares_of_a_window_add_up_to_one_and_parts_that_an_encoder_lacks_are_zero(string name, InputPreprocessorKind input)
    {
        using RecommenderModel model = TinyModels.Build(TinyModels.Config(name, input, Length));
        foreach (int length in (int[])[1, 2, 17, Length])
            foreach (bool withTimes in (bool[])[true, false])
            {
                AttentionTrace trace = Trace(model, TinyModels.Histories(length, length)[0], withTimes);
                Assert.Equal([length, length, length, length], new[] { trace.Share, trace.Content, trace.Position, trace.Time }.Select(part => part.Length));
                Assert.Equal(1, trace.Share.Sum(share => (double)share), 1e-5);
                Assert.All(trace.Share, share => Assert.True(share > 0));
                bool placed = model.Config.ReadsTimes;
                Assert.Equal(placed, trace.Position.All(part => part != 0));
                Assert.Equal(placed && withTimes, trace.Time.All(part => part != 0));
                Assert.Equal(model.Config.Encoder != EncoderKind.FuXiBeta, trace.Content.All(part => part != 0));
                if (!placed || !withTimes) Assert.All(trace.Time, part => Assert.Equal(0, part));
            }
    }

    [Theory]
    [InlineData("hstu")]
    [InlineData("hstu_length")]
    [InlineData("hstu_concat")]
    [InlineData("sasrec")]
    public void A_trace_equals_the_naive_one(string name)
    {
        using RecommenderModel model = TinyModels.Build(name);
        // Not of one event: a single product, which may all but cancel, is then all there is to measure its error by.
        foreach (int length in (int[])[3, 5, 40])
        {
            History history = TinyModels.Histories(length, length)[0];
            AttentionTrace trace = Trace(model, history, withTimes: true);
            TraceTwin twin = new(model, history);
            Agreement.Check("share", twin.Share, trace.Share);
            Agreement.Check("content", twin.Content, trace.Content);
            Agreement.Check("position", twin.Position, trace.Position);
            Agreement.Check("time", twin.Time, trace.Time);
        }
    }

    [Theory]
    [InlineData("hstu")]
    [InlineData("sasrec")]
    public void Two_tokens_of_an_event_are_added(string encoder)
    {
        using RecommenderModel combined = TinyModels.Build(encoder + "_combined"), plain = CombinedTokensTests.PlainTwin(combined);
        History history = TinyModels.Histories(3, 12)[0];
        AttentionTrace events = Trace(combined, history, withTimes: true), tokens = Trace(plain, CombinedTokensTests.Interleave(history), withTimes: true);
        Agreement.Check("share", Pairs(tokens.Share), events.Share);
        Agreement.Check("content", Pairs(tokens.Content), events.Content);
        Agreement.Check("position", Pairs(tokens.Position), events.Position);
        Agreement.Check("time", Pairs(tokens.Time), events.Time);

        static float[] Pairs(float[] tokens) => [.. tokens.Chunk(2).Select(pair => pair.Sum())];
    }

    [Fact]
    public void A_trace_is_of_one_user_and_leaves_the_tape_as_it_was()
    {
        using RecommenderModel model = TinyModels.Build("hstu");
        using var batch = new SequenceBatch();
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        TinyModels.Fill(batch, TinyModels.Histories(1, 9, 4));
        Assert.Throws<ArgumentException>(() => model.Trace(tape, batch));
        TinyModels.Fill(batch, TinyModels.Histories(1, 9));
        float[] before = GoldenModel.Values(LastStates.Encode(model, tape, batch));
        model.Trace(tape, batch);
        Assert.Equal(before, GoldenModel.Values(LastStates.Encode(model, tape, batch)));
        using var training = new Tape(WorkerPool.Shared, differentiate: true);
        Assert.Throws<ArgumentException>(() => model.Trace(training, batch));
    }

    private static AttentionTrace Trace(RecommenderModel model, History history, bool withTimes)
    {
        using var batch = new SequenceBatch();
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        var (items, times, ratings) = history;
        batch.Clear();
        batch.Add(0, new UserSequence(items.AsSpan(..^1), ratings.AsSpan(..^1), withTimes ? times.AsSpan(..^1) : []), items[^1], withTimes ? times[^1] : null);
        return model.Trace(tape, batch);
    }
}
