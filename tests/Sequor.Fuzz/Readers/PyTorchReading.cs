using Sequor.Artifacts;
using Sequor.Fuzz.Mutation;
using Sequor.Tests.Artifacts;

namespace Sequor.Fuzz.Readers;

/// <summary>Checkpoints of PyTorch: the archive as bytes, or a changed pickle in a whole archive.</summary>
internal sealed class PyTorchReading(Workspace workspace) : FuzzReader("pt", workspace)
{
    private static readonly byte[] s_floats = CheckpointFile.Floats([.. Enumerable.Range(0, 12).Select(i => i + 0.5f)]);
    private static readonly byte[][] s_pickles = [Pickle(2), Pickle(4)];
    private static readonly byte[][] s_files = [.. s_pickles.Select(pickle => CheckpointFile.Zip(pickle, ("0", s_floats), ("1", s_floats))), CheckpointFile.Zip64([("a/data.pkl", s_pickles[0]), ("a/data/0", s_floats), ("a/data/1", s_floats)])];

    // Boxes of numbers and lists of one byte each.
    public override long AllowedBytes(long size) => (2 << 20) + 128 * size;

    public override FuzzInput Make(FuzzRandom random)
    {
        if (random.Once(4)) return FuzzInput.Of(ByteMutator.Mutate(random, random.Of<byte[]>(s_files), random.Of<byte[]>(s_files)));
        byte[] pickle = random.Of<byte[]>(s_pickles);
        for (int count = random.Count(); count > 0; count--) pickle = random.Once(3) ? ByteMutator.Mutate(random, pickle, s_pickles[0]) : Opcode(random, pickle);
        byte[] storage = random.Once(8) ? ByteMutator.Mutate(random, s_floats) : s_floats;
        var level = random.Once(6) ? System.IO.Compression.CompressionLevel.Fastest : System.IO.Compression.CompressionLevel.NoCompression;
        return FuzzInput.Of(CheckpointFile.Zip(level, pickle, ("0", storage), (random.Once(10) ? "0" : "1", s_floats)));
    }

    public override void Read(FuzzInput input)
    {
        using PyTorchCheckpoint checkpoint = PyTorchCheckpoint.Open(new MemoryStream(input.Bytes), "fuzz.pt");
        long rows = 0;
        foreach (SafetensorsShape tensor in checkpoint.Tensors.Take(100))
        {
            try
            {
                checkpoint.Read(tensor.Name, (_, values) => rows += values.Length > 0 ? 1 : 0);
            }
            catch (InvalidInputException)
            {
                // A type that is not read; the others are.
            }
        }
    }

    private static byte[] Opcode(FuzzRandom random, byte[] pickle)
    {
        if (pickle.Length == 0) return pickle;
        int at = random.Below(pickle.Length);
        byte[] inserted = random.Below(6) switch
        {
            0 => [(byte)random.Of(Enum.GetValues<PickleOpcode>())],
            1 => new PickleWriter().Global(random.Of<string>(["os", "torch", "collections", "builtins"]), random.Of<string>(["system", "FloatStorage", "OrderedDict", "eval", "_utils._rebuild_tensor_v2"])).Bytes[2..],
            2 => new PickleWriter().Number(random.Of<long>(Extremes.Integers)).Bytes[2..],
            3 => [.. Enumerable.Repeat((byte)random.Of([PickleOpcode.Mark, PickleOpcode.EmptyDict, PickleOpcode.Tuple1, PickleOpcode.None, PickleOpcode.Memoize, PickleOpcode.Append]), random.Of<int>([2, 50, 70, 5000]))],
            4 => [(byte)random.Of([PickleOpcode.BinUnicode8, PickleOpcode.Frame]), .. BitConverter.GetBytes(random.Of<long>(Extremes.Integers))],
            _ => [(byte)random.Of([PickleOpcode.BinGet, PickleOpcode.BinPut]), (byte)random.Next()],
        };
        return random.Once(2) ? [.. pickle[..at], .. inserted, .. pickle[at..]] : [.. pickle[..at], .. inserted, .. pickle[Math.Min(pickle.Length, at + inserted.Length)..]];
    }

    private static byte[] Pickle(int protocol) => new PickleWriter(protocol).Dictionary(root => root
        .Text("epoch").Number(7)
        .Text("model_state_dict").StateDictionary(state => state
            .Text("module.a").Tensor("0", 3, 4)
            .Text("module.b").Tensor("FloatStorage", "1", 12, 2, [2, 3], [1, 2])
            .Text("module.c").Tensor("1", 12))
        .Text("optimizer_state_dict").Dictionary(optimizer => optimizer.Text("lr").Real(0.1).Text("step").Number(70000).Text("betas").Numbers(1, 2))).Stop();
}
