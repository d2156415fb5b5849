using System.Buffers.Binary;
using System.Text;
using Sequor.Artifacts;
using Sequor.Fuzz.Mutation;

namespace Sequor.Fuzz.Readers;

/// <summary>Files of weights in the safetensors format; the header is changed as the tree that it is, and its length mostly put right.</summary>
internal sealed class SafetensorsReading(Workspace workspace) : FuzzReader("safetensors", workspace)
{
    private const string FileName = "model.safetensors";
    private static readonly string[] s_names = ["__metadata__", "dtype", "shape", "data_offsets", "a", "F32", "F64"];
    private static readonly string[] s_types = ["F16", "BF16", "F64", "I64", "I32", "U8", "F8_E4M3", "Q4"];

    private static readonly byte[] s_header = Encoding.UTF8.GetBytes(
        """{"__metadata__":{"format":"pt","sequor.epoch":"3"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b.weight":{"dtype":"F16","shape":[4],"data_offsets":[24,32]},"c":{"dtype":"I64","shape":[1,1,2],"data_offsets":[32,48]},"d":{"dtype":"F32","shape":[0,7],"data_offsets":[48,48]}}""");

    private static readonly byte[] s_data = [.. Enumerable.Range(0, 48).Select(i => (byte)(i * 5))];

    public static byte[] Valid => Assemble(s_header, s_data, (ulong)s_header.Length);

    public override FuzzInput Make(FuzzRandom random)
    {
        if (random.Once(8)) return FuzzInput.Of(FileName, ByteMutator.Mutate(random, Valid));
        byte[] header = JsonMutator.Mutate(random, s_header, s_names);
        if (random.Once(4)) header = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(header).Replace("\"F32\"", $"\"{random.Of<string>(s_types)}\"", StringComparison.Ordinal));
        byte[] data = random.Once(4) ? ByteMutator.Mutate(random, s_data) : s_data;
        ulong length = random.Once(10) ? (ulong)random.Of<long>(Extremes.Integers) : (ulong)header.Length;
        return FuzzInput.Of(FileName, Assemble(header, data, length));
    }

    public override void Read(FuzzInput input)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(Workspace.At(FileName));
        _ = reader.Epoch;
        long rows = 0;
        foreach (SafetensorsShape tensor in reader.Tensors)
        {
            try
            {
                reader.Read(tensor.Name, (_, values) => rows += values.Length > 0 ? 1 : 0);
            }
            catch (InvalidInputException)
            {
                // A type that is not read; the others are.
            }
        }
    }

    private static byte[] Assemble(byte[] header, byte[] data, ulong length)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        return [.. prefix, .. header, .. data];
    }
}
