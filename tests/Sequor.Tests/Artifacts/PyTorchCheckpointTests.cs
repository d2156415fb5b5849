using System.Buffers.Binary;
using System.IO.Compression;
using Sequor.Artifacts;
using Xunit;

namespace Sequor.Tests.Artifacts;

public sealed class PyTorchCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void The_layout_of_the_reference_is_read_and_its_optimiser_is_not(int protocol)
    {
        byte[] pickle = new PickleWriter(protocol).Dictionary(root => root
            .Text("epoch").Number(300)
            .Text("model_state_dict").StateDictionary(state => state
                .Text("module.a.weight").Tensor("0", 2, 3)
                .Text("module.b").Tensor("1", 2))
            // Storage 9 is not in the archive: nobody asks for it.
            .Text("optimizer_state_dict").Dictionary(optimiser => optimiser
                .Text("state").Dictionary(moments => moments.Number(0).Dictionary(moment => moment.Text("exp_avg").Tensor("9", 1000, 1000)))
                .Text("lr").Real(0.001)
                .Text("flags").Op(PickleOpcode.EmptyList).Op(PickleOpcode.NewTrue).Op(PickleOpcode.Append).Op(PickleOpcode.Mark).Op(PickleOpcode.None).Op(PickleOpcode.Appends)))
            .Stop();
        using PyTorchCheckpoint checkpoint = Open(CheckpointFile.Zip(pickle, ("0", CheckpointFile.Floats(1, 2, 3, 4, 5, 6)), ("1", CheckpointFile.Floats(7, 8))));
        Assert.Equal(300, checkpoint.Epoch);
        Assert.Equal(["a.weight", "b"], checkpoint.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([2, 3], checkpoint.Tensors[0].Dimensions);
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(checkpoint, "a.weight"));
        Assert.Equal([7, 8], Read(checkpoint, "b"));
    }

    [Fact]
    public void A_state_dict_alone_is_read_with_its_parameters()
    {
        byte[] pickle = new PickleWriter()
            .StateDictionary(state => state
                .Text("module.x").Tensor("0", 1)
                .Text("y").Global("torch._utils", "_rebuild_parameter").Op(PickleOpcode.Mark).Tensor("0", 1).Op(PickleOpcode.NewTrue).Op(PickleOpcode.None).Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce))
            .Stop();
        using PyTorchCheckpoint checkpoint = Open(CheckpointFile.Zip(pickle, ("0", CheckpointFile.Floats(5))));
        Assert.Null(checkpoint.Epoch);
        // A prefix that only some names have belongs to them.
        Assert.Equal(["module.x", "y"], checkpoint.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([5], Read(checkpoint, "y"));
    }

    [Theory]
    [InlineData("FloatStorage", 4)]
    [InlineData("DoubleStorage", 8)]
    [InlineData("HalfStorage", 2)]
    [InlineData("BFloat16Storage", 2)]
    [InlineData("LongStorage", 8)]
    [InlineData("IntStorage", 4)]
    public void Every_type_of_number_becomes_float32(string type, int size)
    {
        byte[] bytes = new byte[2 * size];
        for (int i = 0; i < 2; i++)
        {
            Span<byte> element = bytes.AsSpan(i * size, size);
            int value = i == 0 ? 3 : -20;
            switch (type)
            {
                case "FloatStorage": BinaryPrimitives.WriteSingleLittleEndian(element, value); break;
                case "DoubleStorage": BinaryPrimitives.WriteDoubleLittleEndian(element, value); break;
                case "HalfStorage": BinaryPrimitives.WriteHalfLittleEndian(element, (Half)value); break;
                case "BFloat16Storage": BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)); break;
                case "LongStorage": BinaryPrimitives.WriteInt64LittleEndian(element, value); break;
                default: BinaryPrimitives.WriteInt32LittleEndian(element, value); break;
            }
        }

        using PyTorchCheckpoint checkpoint = Open(CheckpointFile.Zip(One(type, "0", 2, 0, [2], [1]), ("0", bytes)));
        Assert.Equal([3, -20], Read(checkpoint, "x"));
    }

    [Theory]
    [InlineData("BoolStorage", 1, "BOOL")]
    [InlineData("ByteStorage", 1, "U8")]
    [InlineData("CharStorage", 1, "I8")]
    [InlineData("ShortStorage", 2, "I16")]
    public void Other_types_are_listed_and_refused_when_read(string type, int size, string name)
    {
        using PyTorchCheckpoint checkpoint = Open(CheckpointFile.Zip(One(type, "0", 2, 0, [2], [1]), ("0", new byte[2 * size])));
        Assert.Equal([2], checkpoint.Tensors[0].Dimensions);
        Assert.Contains($"tensor x is of dtype {name}", Assert.Throws<InvalidInputException>(() => Read(checkpoint, "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Views_of_one_storage_are_read_by_their_strides()
    {
        byte[] pickle = new PickleWriter().StateDictionary(state => state
            .Text("whole").Tensor("FloatStorage", "0", 12, 0, [3, 4], [4, 1])
            .Text("transposed").Tensor("FloatStorage", "0", 12, 0, [4, 3], [1, 4])
            .Text("slice").Tensor("FloatStorage", "0", 12, 4, [2, 4], [4, 1])
            .Text("block").Tensor("FloatStorage", "0", 12, 5, [2, 2], [4, 2])
            .Text("cube").Tensor("FloatStorage", "0", 12, 0, [2, 3, 2], [2, 4, 1])
            .Text("kernel").Tensor("FloatStorage", "0", 12, 0, [3, 4, 1], [4, 1, 99])
            .Text("repeated").Tensor("FloatStorage", "0", 12, 3, [2, 2], [0, 1])
            .Text("scalar").Tensor("FloatStorage", "0", 12, 11, [], [])
            .Text("empty").Tensor("FloatStorage", "0", 12, 12, [0, 1L << 40], [1, 1])).Stop();
        float[] values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        using PyTorchCheckpoint checkpoint = Open(CheckpointFile.Zip(pickle, ("0", CheckpointFile.Floats(values))));
        Assert.Equal(values, Read(checkpoint, "whole"));
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], Read(checkpoint, "transposed"));
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], Read(checkpoint, "slice"));
        Assert.Equal([5, 7, 9, 11], Read(checkpoint, "block"));
        Assert.Equal([0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11], Read(checkpoint, "cube"));
        Assert.Equal(values, Read(checkpoint, "kernel"));
        Assert.Equal([3, 4, 3, 4], Read(checkpoint, "repeated"));
        Assert.Equal([11], Read(checkpoint, "scalar"));
        Assert.Empty(Read(checkpoint, "empty"));
    }

    [Theory]
    [InlineData(0, new long[] { 13 }, new long[] { 1 })]
    [InlineData(1, new long[] { 12 }, new long[] { 1 })]
    [InlineData(13, new long[] { }, new long[] { })]
    [InlineData(12, new long[] { }, new long[] { })]
    [InlineData(-1, new long[] { 1 }, new long[] { 1 })]
    [InlineData(0, new long[] { -1 }, new long[] { 1 })]
    [InlineData(0, new long[] { 2 }, new long[] { -1 })]
    [InlineData(0, new long[] { 2, 2 }, new long[] { 1 })]
    [InlineData(0, new long[] { 2 }, new long[] { long.MaxValue })]
    [InlineData(0, new long[] { long.MaxValue, long.MaxValue }, new long[] { long.MaxValue, long.MaxValue })]
    [InlineData(0, new long[] { 1L << 32, 1L << 32 }, new long[] { 0, 0 })]
    [InlineData(0, new long[] { 13 }, new long[] { 0 })]
    [InlineData(0, new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    public void A_view_that_leaves_its_storage_or_repeats_it_without_end_is_refused(long offset, long[] shape, long[] strides) => Assert.Contains(
        "calls torch._utils._rebuild_tensor_v2 with arguments that torch.save does not give at byte ",
        Refusal(CheckpointFile.Zip(One("FloatStorage", "0", 12, offset, shape, strides), ("0", new byte[48]))),
        StringComparison.Ordinal);

    [Theory]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.NoCompression)]
    public void Large_tensors_come_back_from_compressed_archives_too(CompressionLevel level)
    {
        var random = new Random(7);
        float[] values = [.. Enumerable.Range(0, 300_000).Select(i => i % 3 == 0 ? random.NextSingle() : 0)];
        byte[] pickle = new PickleWriter().StateDictionary(state => state
            .Text("x").Tensor("0", 3000, 100)
            .Text("tail").Tensor("FloatStorage", "0", 300_000, 299_900, [100], [1])).Stop();
        using PyTorchCheckpoint checkpoint = Open(CheckpointFile.Zip(level, pickle, ("0", CheckpointFile.Floats(values))));
        Assert.Equal(values, Read(checkpoint, "x"));
        Assert.Equal(values[^100..], Read(checkpoint, "tail"));
    }

    [Fact]
    public void An_archive_that_swells_is_refused_before_it_is_unpacked()
    {
        byte[] file = CheckpointFile.Zip(CompressionLevel.Optimal, [.. new PickleWriter().Bytes, .. new byte[1_000_000]]);
        Assert.Contains("which cannot be", Assert.Throws<InvalidInputException>(() => PyTorchCheckpoint.Open(new MemoryStream(file), "x.pt")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Archives_with_zip64_fields_are_read()
    {
        byte[] zip = CheckpointFile.Zip64(("big/data.pkl", One("FloatStorage", "0", 2, 0, [2], [1])), ("big/data/0", CheckpointFile.Floats(1, 2)));
        using PyTorchCheckpoint checkpoint = Open(zip);
        Assert.Equal([1, 2], Read(checkpoint, "x"));
    }

    [Fact]
    public void A_file_is_recognised_by_its_first_bytes()
    {
        string path = _folder.File("weights");
        File.WriteAllBytes(path, CheckpointFile.Zip(One("FloatStorage", "0", 1, 0, [1], [1]), ("0", CheckpointFile.Floats(4))));
        using (IWeightSource source = WeightFile.Open(path)) Assert.Equal([4], Read(source, "x"));
        File.WriteAllBytes(path, [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.']);
        Assert.Contains("is in the format of PyTorch before 1.6", Assert.Throws<InvalidInputException>(() => WeightFile.Open(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "hello");
        Assert.Contains("safetensors", Assert.Throws<InvalidInputException>(() => WeightFile.Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<InvalidInputException>(() => WeightFile.Open(_folder.File("none.pt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_a_state_dict_says_what_it_is()
    {
        byte[] values = CheckpointFile.Floats(1);
        Assert.Contains("neither model_state_dict nor tensors of its own; its keys are epoch, weights;", Refusal(CheckpointFile.Zip(
            new PickleWriter().Dictionary(root => root.Text("epoch").Number(1).Text("weights").Dictionary(_ => { })).Stop())), StringComparison.Ordinal);
        Assert.Contains("holds step among its weights", Refusal(CheckpointFile.Zip(
            new PickleWriter().Dictionary(root => root.Text("x").Tensor("0", 1).Text("step").Number(1)).Stop(), ("0", values))), StringComparison.Ordinal);
        Assert.Contains("something other than a dictionary", Refusal(CheckpointFile.Zip(new PickleWriter().Tensor("0", 1).Stop(), ("0", values))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_that_does_not_hold_what_its_pickle_says_is_refused()
    {
        byte[] pickle = One("FloatStorage", "0", 2, 0, [2], [1]);
        const CompressionLevel Stored = CompressionLevel.NoCompression;
        Assert.Contains("has no storage 0", Refusal(CheckpointFile.Zip(pickle)), StringComparison.Ordinal);
        Assert.Contains("has 4 bytes for storage 0, 2 elements of F32 are 8", Refusal(CheckpointFile.Zip(pickle, ("0", new byte[4]))), StringComparison.Ordinal);
        Assert.Contains("with 0 files data.pkl", Refusal(CheckpointFile.Archive(Stored, ("a/data.txt", pickle))), StringComparison.Ordinal);
        Assert.Contains("with 2 files data.pkl", Refusal(CheckpointFile.Archive(Stored, ("a/data.pkl", pickle), ("b/data.pkl", pickle))), StringComparison.Ordinal);
        Assert.Contains("holds a/data.pkl twice", Refusal(CheckpointFile.Archive(Stored, ("a/data.pkl", pickle), ("a/data.pkl", pickle))), StringComparison.Ordinal);
        Assert.Contains("big-endian", Refusal(CheckpointFile.Archive(Stored, ("a/data.pkl", pickle), ("a/byteorder", "big"u8.ToArray()))), StringComparison.Ordinal);
        Assert.Contains("at most 16777216 are read", Refusal(CheckpointFile.Archive(CompressionLevel.Optimal, ("a/data.pkl", new byte[(16 << 20) + 1]))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000u, 10_000_000u)]
    [InlineData(10_000_000u, 10_000_000u)]
    public void Sizes_that_the_file_cannot_have_are_refused_before_memory_is_taken(uint compressed, uint whole)
    {
        byte[] zip = CheckpointFile.Zip(One("FloatStorage", "0", 1, 0, [1], [1]), ("0", new byte[4]));
        // The pickle's entry is the first of the directory (APPNOTE.TXT 4.3.12).
        Span<byte> entry = zip.AsSpan(zip.AsSpan().IndexOf("PK\u0001\u0002"u8));
        BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], compressed);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], whole);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains($"says that archive/data.pkl has {whole} bytes in {compressed} of its own {zip.Length}", Refusal(zip), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("../0")]
    [InlineData("")]
    [InlineData("0/1")]
    [InlineData("000000000000000000000")]
    public void A_storage_has_a_number_for_a_name(string key) => Assert.Contains(
        "refers to a storage in a way that torch.save does not",
        Refusal(CheckpointFile.Zip(One("FloatStorage", key, 1, 0, [1], [1]), (key.Length == 0 ? "x" : key, new byte[4]))),
        StringComparison.Ordinal);

    internal static byte[] One(string type, string key, long count, long offset, long[] shape, long[] strides) =>
        new PickleWriter().StateDictionary(state => state.Text("x").Tensor(type, key, count, offset, shape, strides)).Stop();

    internal static PyTorchCheckpoint Open(byte[] file) => PyTorchCheckpoint.Open(new MemoryStream(file), "test.pt");

    internal static float[] Read(IWeightSource source, string name)
    {
        var values = new List<float>();
        source.Read(name, (row, columns) =>
        {
            Assert.Equal(values.Count, row * columns.Length);
            values.AddRange(columns);
        });
        return [.. values];
    }

    private static string Refusal(byte[] file) => Assert.Throws<InvalidInputException>(() => Open(file).Dispose()).Message;
}
