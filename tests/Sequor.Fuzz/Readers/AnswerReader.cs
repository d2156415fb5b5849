using Sequor.Cli.Load;
using Sequor.Fuzz.Mutation;

namespace Sequor.Fuzz.Readers;

/// <summary>What a service answers, as the load generator reads it: the times in an answer, the reason in a problem.</summary>
internal sealed class AnswerReader(Workspace workspace) : FuzzReader("answers", workspace)
{
    private static readonly byte[][] s_valid =
    [
        """{"items":[{"itemId":"i1","title":"One","score":0.5}],"timing":{"queuedMilliseconds":0.1,"encodeMilliseconds":1.5,"searchMilliseconds":0.25}}"""u8.ToArray(),
        """{"type":"about:blank","title":"Bad Request","status":400,"detail":"k must lie in 1 … 1000","errors":[{"field":"k","rule":"must"}]}"""u8.ToArray(),
    ];

    public override FuzzInput Make(FuzzRandom random)
    {
        byte[] valid = random.Of<byte[]>(s_valid);
        return FuzzInput.Of(random.Once(3) ? ByteMutator.Mutate(random, valid) : JsonMutator.Mutate(random, valid, ["timing", "queuedMilliseconds", "detail", "title"]));
    }

    public override void Read(FuzzInput input)
    {
        _ = ServerTiming.TryRead(input.Bytes, out _);
        _ = Problem.Reason(input.Bytes).Length;
    }
}
