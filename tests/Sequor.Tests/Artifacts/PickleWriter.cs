using System.Buffers.Binary;
using System.Text;
using Sequor.Artifacts;

namespace Sequor.Tests.Artifacts;

/// <summary>Writes pickles opcode by opcode, in the dialect of protocol 2 (torch's default) or of protocol 4.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];
    private readonly bool _isNew;

    public PickleWriter(int protocol = 2)
    {
        _isNew = protocol >= 4;
        Op(PickleOpcode.Proto).Raw((byte)protocol);
    }

    public byte[] Bytes => [.. _bytes];

    public int Length => _bytes.Count;

    public PickleWriter Op(PickleOpcode opcode) => Raw((byte)opcode);

    public PickleWriter Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        if (_isNew) return Op(PickleOpcode.ShortBinUnicode).Raw((byte)utf8.Length).Raw(utf8).Op(PickleOpcode.Memoize);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        return Op(PickleOpcode.BinUnicode).Raw(length).Raw(utf8);
    }

    public PickleWriter Number(long number)
    {
        if (number is >= 0 and < 256) return Op(PickleOpcode.BinInt1).Raw((byte)number);
        if (number is >= 0 and < 65536) return Op(PickleOpcode.BinInt2).Raw((byte)number, (byte)(number >> 8));
        byte[] digits = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(digits, number);
        return number == (int)number ? Op(PickleOpcode.BinInt).Raw(digits.AsSpan(0, 4)) : Op(PickleOpcode.Long1).Raw(8).Raw(digits);
    }

    public PickleWriter Real(double number)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, number);
        return Op(PickleOpcode.BinFloat).Raw(bytes);
    }

    public PickleWriter Numbers(params long[] numbers)
    {
        Op(PickleOpcode.Mark);
        foreach (long number in numbers) Number(number);
        return Op(PickleOpcode.Tuple);
    }

    public PickleWriter Global(string module, string name) => _isNew
        ? Text(module).Text(name).Op(PickleOpcode.StackGlobal).Op(PickleOpcode.Memoize)
        : Op(PickleOpcode.Global).Raw(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));

    /// <summary>A dictionary whose entries the action writes, key and value in turn.</summary>
    public PickleWriter Dictionary(Action<PickleWriter> entries)
    {
        Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark);
        entries(this);
        return Op(PickleOpcode.SetItems);
    }

    /// <summary>An OrderedDict with the attribute that state dicts carry.</summary>
    public PickleWriter StateDictionary(Action<PickleWriter> entries)
    {
        Global("collections", "OrderedDict").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce).Op(PickleOpcode.BinPut).Raw(77).Op(PickleOpcode.Mark);
        entries(this);
        return Op(PickleOpcode.SetItems)
            .Op(PickleOpcode.EmptyDict).Text("_metadata").Op(PickleOpcode.BinGet).Raw(77).Op(PickleOpcode.SetItem)
            .Op(PickleOpcode.Build);
    }

    public PickleWriter Tensor(string storageType, string key, long count, long offset, long[] shape, long[] strides)
    {
        Global("torch._utils", "_rebuild_tensor_v2").Op(PickleOpcode.Mark);
        Op(PickleOpcode.Mark).Text("storage").Global("torch", storageType).Text(key).Text("cpu").Number(count).Op(PickleOpcode.Tuple).Op(PickleOpcode.BinPersId);
        Number(offset).Numbers(shape).Numbers(strides).Op(PickleOpcode.NewFalse);
        Global("collections", "OrderedDict").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce);
        return Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce);
    }

    /// <summary>A tensor of float32 that is the whole of its storage.</summary>
    public PickleWriter Tensor(string key, params long[] shape)
    {
        var strides = new long[shape.Length];
        long count = 1;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            strides[d] = count;
            count *= shape[d];
        }

        return Tensor("FloatStorage", key, count, 0, shape, strides);
    }

    public byte[] Stop() => Op(PickleOpcode.Stop).Bytes;
}
