using System.Buffers.Binary;
using System.Text;
using Sequor.Artifacts;
using Xunit;

namespace Sequor.Tests.Artifacts;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _directory = new();

    private string File => _directory.File("model.safetensors");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Tensors_come_back_bit_for_bit_with_their_shapes_and_metadata()
    {
        float[] matrix = [1, -0f, float.NaN, float.Epsilon, float.PositiveInfinity, 6];
        Save([new("a.weight", 2, 3), new("scalar"), new("empty", 0, 5), new("vector", 2)], writer =>
        {
            writer.Write("a.weight", matrix);
            writer.Write("scalar", [7]);
            writer.Write("empty", []);
            writer.Write("vector", [8, 9]);
        }, new Dictionary<string, string> { ["format"] = "pt" });

        using SafetensorsReader reader = SafetensorsReader.Open(File);
        Assert.Equal(["a.weight", "empty", "scalar", "vector"], reader.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.Equal([2, 3], reader.Tensors.First(tensor => tensor.Name == "a.weight").Dimensions);
        Assert.Equal("pt", reader.Metadata["format"]);
        float[] read = new float[6];
        reader.Read("a.weight", read);
        Assert.Equal(matrix.Select(BitConverter.SingleToInt32Bits), read.Select(BitConverter.SingleToInt32Bits));
        reader.Read("vector", read.AsSpan(0, 2));
        Assert.Equal([8, 9], read[..2]);
        reader.Read("scalar", read.AsSpan(0, 1));
        Assert.Equal(7, read[0]);
    }

    [Fact]
    public void The_bytes_are_those_the_format_prescribes()
    {
        Save([new("x", 1, 2)], writer => writer.Write("x", [1, 2]));
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal("""{"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""", Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
        Assert.Equal([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40], bytes[(8 + length)..]);
    }

    [Fact]
    public void Padded_rows_are_written_and_read_without_their_padding()
    {
        // Rows of three values, four floats apart; the last row needs no padding behind it.
        float[] padded = [1, 2, 3, -1, 4, 5, 6];
        Save([new("spans", 2, 3), new("rows", 2, 3)], writer =>
        {
            writer.Write("spans", padded, stride: 4);
            writer.Write("rows", (row, destination) => padded.AsSpan((int)row * 4, 3).CopyTo(destination));
        });

        using SafetensorsReader reader = SafetensorsReader.Open(File);
        foreach (string name in new[] { "spans", "rows" })
        {
            float[] dense = new float[6];
            reader.Read(name, dense);
            Assert.Equal([1, 2, 3, 4, 5, 6], dense);
            float[] strided = [9, 9, 9, 9, 9, 9, 9, 9, 9, 9];
            reader.Read(name, strided, stride: 5);
            Assert.Equal([1, 2, 3, 9, 9, 4, 5, 6, 9, 9], strided);
            var rows = new List<float>();
            reader.Read(name, (row, values) => rows.AddRange(values));
            Assert.Equal([1, 2, 3, 4, 5, 6], rows);
        }
    }

    [Fact]
    public void Matrices_larger_than_a_chunk_come_back_whole()
    {
        float[] values = [.. Enumerable.Range(0, 50_000).Select(i => (float)i)];
        Save([new("x", 50_000)], writer => writer.Write("x", values));
        using SafetensorsReader reader = SafetensorsReader.Open(File);
        float[] read = new float[50_000];
        reader.Read("x", read);
        Assert.Equal(values, read);
    }

    [Theory]
    [InlineData("F16", new byte[] { 0x00, 0x3c, 0x00, 0xc0 }, new float[] { 1, -2 })]
    [InlineData("BF16", new byte[] { 0x80, 0x3f, 0x00, 0xc0 }, new float[] { 1, -2 })]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0xf8, 0x3f }, new float[] { 1.5f })]
    [InlineData("I32", new byte[] { 0xff, 0xff, 0xff, 0xff }, new float[] { -1 })]
    [InlineData("I64", new byte[] { 3, 0, 0, 0, 0, 0, 0, 0 }, new float[] { 3 })]
    public void Other_number_types_are_read_as_floats(string type, byte[] data, float[] expected)
    {
        Raw($$$"""{"x":{"dtype":"{{{type}}}","shape":[{{{expected.Length}}}],"data_offsets":[0,{{{data.Length}}}]}}""", data);
        using SafetensorsReader reader = SafetensorsReader.Open(File);
        float[] read = new float[expected.Length];
        reader.Read("x", read);
        Assert.Equal(expected, read);
    }

    [Fact]
    public void An_integer_that_a_float_cannot_hold_is_refused()
    {
        Raw("""{"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""", [1, 0, 0, 1, 0, 0, 0, 0]);
        using SafetensorsReader reader = SafetensorsReader.Open(File);
        Assert.Contains("16777217 must be at most 2^24", Assert.Throws<InvalidInputException>(() => reader.Read("x", new float[1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tensor_and_an_unreadable_type_are_named()
    {
        Raw("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", [1]);
        using SafetensorsReader reader = SafetensorsReader.Open(File);
        Assert.Contains("has no tensor y; it has x", Assert.Throws<InvalidInputException>(() => reader.Read("y", new float[1])).Message, StringComparison.Ordinal);
        Assert.Contains("tensor x is of dtype U8", Assert.Throws<InvalidInputException>(() => reader.Read("x", new float[1])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "header that is not")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "overlaps the tensor before it")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "leaves a gap")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "has 8 bytes of numbers, its header says 4")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "has 8 bytes of numbers, its header says 16")]
    [InlineData("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "needs 12")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "must not be negative")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "run backwards")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "must not be negative")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "must have two data_offsets")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,1e30]}}""", "header that is not")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,4611686018427387904,4],"data_offsets":[0,8]}}""", "needs")]
    [InlineData("""{"x":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", "has dtype \"F33\"")]
    [InlineData("""{"x":{"shape":[2],"data_offsets":[0,8]}}""", "header that is not")]
    [InlineData("""{"x":{"dtype":"F32","shape":[[[[[[[[[[2]]]]]]]]]],"data_offsets":[0,8]}}""", "header that is not")]
    [InlineData("""{"x":3}""", "header that is not")]
    [InlineData("""{"__metadata__":{"a":3}}""", "header that is not")]
    [InlineData("[]", "header that is not")]
    [InlineData("", "header that is not")]
    [InlineData("{", "header that is not")]
    public void A_corrupt_header_is_refused(string header, string message)
    {
        Raw(header, new byte[8]);
        string actual = Assert.Throws<InvalidInputException>(() => SafetensorsReader.Open(File)).Message;
        Assert.StartsWith(File, actual, StringComparison.Ordinal);
        Assert.Contains(message, actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(100_000_001)]
    [InlineData(1_000_000)]
    public void A_header_length_beyond_the_file_is_refused_before_it_is_allocated(ulong length)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        System.IO.File.WriteAllBytes(File, bytes);
        Assert.Throws<InvalidInputException>(() => SafetensorsReader.Open(File));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        Save([new("x", 2)], writer => writer.Write("x", [1, 2]));
        byte[] whole = System.IO.File.ReadAllBytes(File);
        for (int length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            Assert.Throws<InvalidInputException>(() => SafetensorsReader.Open(File));
        }
    }

    [Fact]
    public void A_shape_with_a_zero_has_no_rows_to_walk()
    {
        Raw("""{"x":{"dtype":"F32","shape":[4611686018427387904,0],"data_offsets":[0,0]}}""", []);
        using SafetensorsReader reader = SafetensorsReader.Open(File);
        reader.Read("x", (_, _) => Assert.Fail("there is no row"));
        reader.Read("x", []);
    }

    [Fact]
    public void A_width_without_rows_takes_no_memory()
    {
        string path = _directory.File("wide.safetensors");
        byte[] header = """{"a":{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[0,0]}}"""u8.ToArray();
        System.IO.File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. header]);
        using SafetensorsReader reader = SafetensorsReader.Open(path);
        reader.Read("a", (_, _) => Assert.Fail("there is no row"));
    }

    [Fact]
    public void A_header_with_a_byte_changed_never_ends_in_anything_but_a_message()
    {
        Save([new("x", 2), new("y", 1, 3)], writer =>
        {
            writer.Write("x", [1, 2]);
            writer.Write("y", [1, 2, 3]);
        });
        byte[] whole = System.IO.File.ReadAllBytes(File);
        var random = new Random(20260101);
        for (int run = 0; run < 1_500; run++)
        {
            byte[] damaged = [.. whole];
            for (int edit = random.Next(1, 4); edit > 0; edit--) damaged[random.Next(damaged.Length - 20)] = (byte)random.Next(256);
            System.IO.File.WriteAllBytes(File, damaged);
            try
            {
                SafetensorsReader.Open(File).Dispose();
            }
            catch (InvalidInputException)
            {
                continue;
            }
        }
    }

    [Fact]
    public void Tensors_are_written_in_the_declared_order_and_all_of_them()
    {
        var writer = new SafetensorsWriter(new MemoryStream(), [new("x", 1), new("y", 1)]);
        Assert.Throws<InvalidOperationException>(() => writer.Write("y", [1]));
        writer.Write("x", [1]);
        Assert.Throws<InvalidOperationException>(writer.Complete);
        Assert.Throws<ArgumentException>(() => writer.Write("y", [1, 2]));
    }

    private void Save(SafetensorsShape[] shapes, Action<SafetensorsWriter> write, Dictionary<string, string>? metadata = null)
    {
        using FileStream stream = System.IO.File.Create(File);
        var writer = new SafetensorsWriter(stream, shapes, metadata);
        write(writer);
        writer.Complete();
    }

    private void Raw(string header, byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)text.Length);
        System.IO.File.WriteAllBytes(File, [.. length, .. text, .. data]);
    }
}
