using Sequor.Artifacts;
using Xunit;

namespace Sequor.Tests.Artifacts;

/// <summary>What a pickle may not do: everything but describe tensors.</summary>
public sealed class PyTorchPickleTests
{
    private const int Mutations = 20_000;
    private const long MostBytesAFile = 4 << 20;

    public static TheoryData<byte> RefusedOpcodes => new(Enum.GetValues<PickleOpcode>().Except(
    [
        PickleOpcode.Mark, PickleOpcode.Stop, PickleOpcode.BinInt, PickleOpcode.BinInt1, PickleOpcode.BinInt2, PickleOpcode.None, PickleOpcode.BinPersId,
        PickleOpcode.Reduce, PickleOpcode.BinUnicode, PickleOpcode.Append, PickleOpcode.Build, PickleOpcode.Global, PickleOpcode.Appends,
        PickleOpcode.BinGet, PickleOpcode.LongBinGet, PickleOpcode.BinPut, PickleOpcode.LongBinPut, PickleOpcode.SetItem, PickleOpcode.Tuple,
        PickleOpcode.SetItems, PickleOpcode.BinFloat, PickleOpcode.EmptyList, PickleOpcode.EmptyTuple, PickleOpcode.EmptyDict, PickleOpcode.Proto,
        PickleOpcode.Tuple1, PickleOpcode.Tuple2, PickleOpcode.Tuple3, PickleOpcode.NewTrue, PickleOpcode.NewFalse, PickleOpcode.Long1,
        PickleOpcode.ShortBinUnicode, PickleOpcode.BinUnicode8, PickleOpcode.StackGlobal, PickleOpcode.Memoize, PickleOpcode.Frame,
    ]).Select(opcode => (byte)opcode));

    [Theory]
    [MemberData(nameof(RefusedOpcodes))]
    public void Opcodes_that_torch_does_not_write_are_refused_by_name(byte opcode) => Assert.Equal(
        $"test.pt: its data.pkl has the opcode 0x{opcode:x2} ({(PickleOpcode)opcode}), which torch.save does not write, at byte 3: only plain checkpoints of tensors are read",
        Refusal(new PickleWriter().Op(PickleOpcode.None).Raw(opcode).Stop()));

    [Fact]
    public void A_byte_that_is_no_opcode_is_refused_with_its_place() =>
        Assert.Contains("has the opcode 0xff, which torch.save does not write, at byte 2:", Refusal(new PickleWriter().Raw(0xff).Stop()), StringComparison.Ordinal);

    [Theory]
    [InlineData("os", "system", 2)]
    [InlineData("os", "system", 4)]
    [InlineData("posix", "system", 2)]
    [InlineData("builtins", "eval", 2)]
    [InlineData("builtins", "getattr", 4)]
    [InlineData("torch", "load", 2)]
    [InlineData("torch", "ComplexFloatStorage", 2)]
    [InlineData("torch._utils", "_rebuild_sparse_tensor", 2)]
    [InlineData("collections", "defaultdict", 2)]
    [InlineData("numpy.core.multiarray", "scalar", 2)]
    public void A_name_that_is_not_a_tensors_is_refused_by_name(string module, string name, int protocol)
    {
        byte[] pickle = new PickleWriter(protocol).Global(module, name).Op(PickleOpcode.Mark).Text("shutdown").Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce).Stop();
        string message = Refusal(pickle);
        Assert.StartsWith($"test.pt: its data.pkl asks for {module}.{name} at byte ", message, StringComparison.Ordinal);
        Assert.EndsWith("nothing in a file is ever run", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_are_what_Python_wrote()
    {
        Assert.Equal(-2L, PyTorchPickle.Load(new PickleWriter().Number(-2).Stop(), "test.pt"));
        Assert.Equal(1L << 40, PyTorchPickle.Load(new PickleWriter().Number(1L << 40).Stop(), "test.pt"));
        Assert.Equal(0L, PyTorchPickle.Load(new PickleWriter().Op(PickleOpcode.Long1).Raw(0).Stop(), "test.pt"));
        Assert.Equal(-1L, PyTorchPickle.Load(new PickleWriter().Op(PickleOpcode.Long1).Raw(1, 0xff).Stop(), "test.pt"));
        Assert.Equal(0.98, PyTorchPickle.Load(new PickleWriter().Real(0.98).Stop(), "test.pt"));
        Assert.Equal("é", PyTorchPickle.Load(new PickleWriter().Text("é").Stop(), "test.pt"));
        Assert.Equal("cpu", PyTorchPickle.Load(new PickleWriter().Global("torch", "device").Text("cpu").Op(PickleOpcode.Tuple1).Op(PickleOpcode.Reduce).Stop(), "test.pt"));
        var size = new PickleWriter().Global("torch", "Size").Numbers(2, 3).Op(PickleOpcode.Tuple1).Op(PickleOpcode.Reduce);
        Assert.Equal(new object[] { 2L, 3L }, PyTorchPickle.Load(size.Stop(), "test.pt"));
    }

    [Fact]
    public void A_stack_that_does_not_hold_what_an_opcode_takes_is_refused()
    {
        Assert.Contains("takes a value where there is none at byte 2", Refusal(new PickleWriter().Op(PickleOpcode.Tuple2).Stop()), StringComparison.Ordinal);
        // The dictionary stands below the mark and is out of reach.
        Assert.Contains("takes a value", Refusal(new PickleWriter().Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark).Op(PickleOpcode.Tuple1).Stop()), StringComparison.Ordinal);
        Assert.Contains("ends a group that was not begun", Refusal(new PickleWriter().Op(PickleOpcode.Tuple).Stop()), StringComparison.Ordinal);
        Assert.Contains("recalls value 5", Refusal(new PickleWriter().Op(PickleOpcode.BinGet).Raw(5).Stop()), StringComparison.Ordinal);
        Assert.Contains("sets a key without a value", Refusal(new PickleWriter().Dictionary(root => root.Text("x")).Stop()), StringComparison.Ordinal);
        Assert.Contains("not a dictionary", Refusal(new PickleWriter().Op(PickleOpcode.EmptyList).Text("x").Number(1).Op(PickleOpcode.SetItem).Stop()), StringComparison.Ordinal);
        Assert.Contains("not a list", Refusal(new PickleWriter().Op(PickleOpcode.EmptyDict).Number(1).Op(PickleOpcode.Append).Stop()), StringComparison.Ordinal);
        Assert.Contains("attributes", Refusal(new PickleWriter().Number(1).Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Build).Stop()), StringComparison.Ordinal);
        Assert.Contains("calls what is not a name", Refusal(new PickleWriter().Text("os.system").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce).Stop()), StringComparison.Ordinal);
        Assert.Contains("calls torch.FloatStorage", Refusal(new PickleWriter().Global("torch", "FloatStorage").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce).Stop()), StringComparison.Ordinal);
        Assert.Contains("ends before all of it is used", Refusal(new PickleWriter().Number(1).Number(2).Stop()), StringComparison.Ordinal);
        Assert.Contains("ends before all of it is used", Refusal([.. new PickleWriter().Number(1).Stop(), 0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Lengths_count_for_nothing_without_the_bytes()
    {
        byte[] gigabytes = [0xff, 0xff, 0xff, 0x7f], more = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        Assert.Contains("is cut short", Refusal(new PickleWriter().Op(PickleOpcode.BinUnicode).Raw(gigabytes).Stop()), StringComparison.Ordinal);
        Assert.Contains("is cut short", Refusal(new PickleWriter().Op(PickleOpcode.BinUnicode8).Raw(more).Stop()), StringComparison.Ordinal);
        Assert.Contains("has a frame", Refusal(new PickleWriter().Op(PickleOpcode.Frame).Raw(more).Stop()), StringComparison.Ordinal);
        Assert.Contains("255 bytes; eight are read", Refusal(new PickleWriter().Op(PickleOpcode.Long1).Raw(255).Stop()), StringComparison.Ordinal);
        Assert.Contains("pickle protocol 6", Refusal(new PickleWriter(6).Number(1).Stop()), StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Refusal(new PickleWriter().Op(PickleOpcode.ShortBinUnicode).Raw(1, 0xff).Stop()), StringComparison.Ordinal);
    }

    [Fact]
    public void Bombs_of_values_and_of_nesting_are_refused()
    {
        var nested = new PickleWriter();
        for (int i = 0; i < 65; i++) nested.Op(PickleOpcode.Mark);
        Assert.Contains("nests deeper than 64", Refusal(nested.Stop()), StringComparison.Ordinal);
        byte[] many = [.. Enumerable.Repeat((byte)PickleOpcode.EmptyDict, 2_000_001)];
        Assert.Contains("goes on after 2000000 opcodes", Refusal(many), StringComparison.Ordinal);
        // A list that holds itself is a value like others.
        byte[] self = new PickleWriter().Op(PickleOpcode.EmptyList).Op(PickleOpcode.BinPut).Raw(0).Op(PickleOpcode.BinGet).Raw(0).Op(PickleOpcode.Append).Stop();
        Assert.IsType<List<object?>>(PyTorchPickle.Load(self, "test.pt"));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] pickle = Pickle(), zip = Zip(pickle);
        for (int length = 0; length < pickle.Length; length++)
        {
            int cut = length;
            Assert.Throws<InvalidInputException>(() => PyTorchCheckpointTests.Open(Zip(pickle[..cut])));
        }

        for (int length = 0; length < zip.Length; length++)
        {
            int cut = length;
            Assert.Throws<InvalidInputException>(() => PyTorchCheckpointTests.Open(zip[..cut]));
        }
    }

    [Fact]
    public void Changed_bytes_are_read_or_refused_and_take_no_more_memory_than_the_file_justifies()
    {
        var random = new Random(20260721);
        byte[] pickle = Pickle(), zip = Zip(pickle);
        int refused = 0;
        for (int i = 0; i < Mutations; i++)
        {
            // Half of the changes hit the pickle inside a sound archive, half anything.
            byte[] file = i % 2 == 0 ? Zip(Changed(pickle, random)) : Changed(zip, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using PyTorchCheckpoint checkpoint = PyTorchCheckpointTests.Open(file);
                foreach (SafetensorsShape tensor in checkpoint.Tensors) checkpoint.Read(tensor.Name, (_, _) => { });
            }
            catch (InvalidInputException)
            {
                refused++;
            }

            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < MostBytesAFile, $"mutation {i} took {taken} bytes");
        }

        Assert.InRange(refused, Mutations / 4, Mutations - 1);
    }

    private static byte[] Changed(byte[] bytes, Random random)
    {
        byte[] changed = [.. bytes];
        for (int count = random.Next(1, 4); count > 0; count--)
        {
            int place = random.Next(changed.Length);
            changed[place] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(changed[place] ^ (1 << random.Next(8))),
                _ => bytes[random.Next(bytes.Length)],
            };
        }

        return changed;
    }

    private static byte[] Pickle() => new PickleWriter().Dictionary(root => root
        .Text("epoch").Number(3)
        .Text("model_state_dict").StateDictionary(state => state
            .Text("module.a").Tensor("0", 2, 3)
            .Text("module.b").Tensor("FloatStorage", "0", 6, 1, [2, 2], [1, 3]))).Stop();

    private static byte[] Zip(byte[] pickle) => CheckpointFile.Zip(pickle, ("0", CheckpointFile.Floats(1, 2, 3, 4, 5, 6)));

    private static string Refusal(byte[] pickle) => Assert.Throws<InvalidInputException>(() => PyTorchPickle.Load(pickle, "test.pt")).Message;
}
