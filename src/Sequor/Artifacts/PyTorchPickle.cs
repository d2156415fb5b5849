namespace Sequor.Artifacts;

/// <summary>
/// Interprets the pickle of a checkpoint as data. It takes only the opcodes that torch.save writes (protocols 2 to 5) and only the names
/// in <see cref="PyTorchGlobal"/>, each of which stands for a value made here: nothing a file says is looked up or run. Tensors come as
/// descriptions of where their numbers are.
/// </summary>
/// <remarks>
/// Python's None, bool, int, float and str become null, bool, long, double and string; a tuple is an array, a list a list, a dict a
/// dictionary of its entries with text for a key (the optimiser's state, keyed by numbers, is not kept).
/// </remarks>
internal sealed class PyTorchPickle
{
    private const int NewestProtocol = 5;
    // A tensor takes about forty opcodes and a value rarely a hundred bytes: what is refused could not be a checkpoint, only a bomb.
    private const int MostOpcodes = 2_000_000;
    private const int DeepestNesting = 64;

    private readonly PickleBytes _bytes;
    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];

    private PyTorchPickle(PickleBytes bytes) => _bytes = bytes;

    /// <summary>The value that the pickle holds.</summary>
    /// <exception cref="InvalidInputException">An opcode or a name that torch.save does not write, or a damaged pickle; with its place.</exception>
    public static object? Load(byte[] bytes, string path) => new PyTorchPickle(new PickleBytes(bytes, path)).Run();

    private object? Run()
    {
        for (int count = 0; count < MostOpcodes; count++)
        {
            PickleOpcode opcode = _bytes.Opcode();
            if (opcode != PickleOpcode.Stop)
            {
                Step(opcode);
                continue;
            }

            object? value = Pop();
            return _stack.Count == 0 && _marks.Count == 0 && _bytes.IsAtEnd ? value : throw _bytes.Wrong("ends before all of it is used");
        }

        throw _bytes.Wrong($"goes on after {MostOpcodes} opcodes");
    }

    private void Step(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto: Protocol(); break;
            case PickleOpcode.Frame: _bytes.Frame(); break;

            case PickleOpcode.None: Push(null); break;
            case PickleOpcode.NewTrue: Push(true); break;
            case PickleOpcode.NewFalse: Push(false); break;
            case PickleOpcode.BinInt: Push((long)_bytes.Int32()); break;
            case PickleOpcode.BinInt1: Push((long)_bytes.Byte()); break;
            case PickleOpcode.BinInt2: Push((long)_bytes.UInt16()); break;
            case PickleOpcode.Long1: Push(_bytes.ShortLong()); break;
            case PickleOpcode.BinFloat: Push(_bytes.BigEndianDouble()); break;
            case PickleOpcode.BinUnicode: Push(_bytes.Text(_bytes.UInt32())); break;
            case PickleOpcode.ShortBinUnicode: Push(_bytes.Text(_bytes.Byte())); break;
            case PickleOpcode.BinUnicode8: Push(_bytes.Text(_bytes.UInt64())); break;

            case PickleOpcode.EmptyTuple: Push(Array.Empty<object?>()); break;
            case PickleOpcode.Tuple1: Push(PopMany(1)); break;
            case PickleOpcode.Tuple2: Push(PopMany(2)); break;
            case PickleOpcode.Tuple3: Push(PopMany(3)); break;
            case PickleOpcode.Mark: Mark(); break;
            case PickleOpcode.Tuple: Push(PopToMark()); break;
            case PickleOpcode.EmptyList: Push(new List<object?>()); break;
            case PickleOpcode.Append: Append(PopMany(1)); break;
            case PickleOpcode.Appends: Append(PopToMark()); break;
            case PickleOpcode.EmptyDict: Push(new Dictionary<string, object?>(StringComparer.Ordinal)); break;
            case PickleOpcode.SetItem: SetItems(PopMany(2)); break;
            case PickleOpcode.SetItems: SetItems(PopToMark()); break;

            case PickleOpcode.BinPut: _memo[_bytes.Byte()] = Peek(); break;
            case PickleOpcode.LongBinPut: _memo[_bytes.UInt32()] = Peek(); break;
            case PickleOpcode.Memoize: _memo[(uint)_memo.Count] = Peek(); break;
            case PickleOpcode.BinGet: Push(Recall(_bytes.Byte())); break;
            case PickleOpcode.LongBinGet: Push(Recall(_bytes.UInt32())); break;

            case PickleOpcode.Global: Push(Find(_bytes.Line(), _bytes.Line())); break;
            case PickleOpcode.StackGlobal: StackGlobal(); break;
            case PickleOpcode.BinPersId: Push(Storage(Pop())); break;
            case PickleOpcode.Reduce: Reduce(); break;
            case PickleOpcode.Build: Build(); break;

            default:
                string name = Enum.IsDefined(opcode) ? $" ({opcode})" : "";
                throw _bytes.Wrong($"has the opcode 0x{(byte)opcode:x2}{name}, which torch.save does not write,", "only plain checkpoints of tensors are read");
        }
    }

    private void Protocol()
    {
        int protocol = _bytes.Byte();
        if (protocol > NewestProtocol) throw _bytes.Wrong($"is of pickle protocol {protocol}; protocols up to {NewestProtocol} are read;");
    }

    private void Append(object?[] values)
    {
        if (Peek() is not List<object?> list) throw _bytes.Wrong("appends to what is not a list");
        list.AddRange(values);
    }

    private void SetItems(object?[] pairs)
    {
        if (pairs.Length % 2 != 0) throw _bytes.Wrong("sets a key without a value");
        if (Peek() is not Dictionary<string, object?> dictionary) throw _bytes.Wrong("sets entries of what is not a dictionary");
        for (int i = 0; i < pairs.Length; i += 2)
            if (pairs[i] is string key) dictionary[key] = pairs[i + 1];
    }

    private void StackGlobal()
    {
        object?[] names = PopMany(2);
        if (names is not [string module, string name]) throw _bytes.Wrong("names a global by what is not text");
        Push(Find(module, name));
    }

    private PyTorchGlobal Find(string module, string name) => PyTorchGlobal.Find(module, name)
        ?? throw _bytes.Wrong($"asks for {module}.{name}", "only what torch.save writes for tensors is taken, as data; nothing in a file is ever run");

    private PyTorchStorage Storage(object? id) =>
        PyTorchStorage.FromPersistentId(id) ?? throw _bytes.Wrong("refers to a storage in a way that torch.save does not");

    private void Reduce()
    {
        object?[] parts = PopMany(2);
        if (parts is not [PyTorchGlobal function, object?[] arguments]) throw _bytes.Wrong("calls what is not a name, or without a tuple of arguments");
        Push(function.Make(arguments, _bytes));
    }

    // A state dict carries versions of its modules as an attribute; values do not depend on it.
    private void Build()
    {
        _ = Pop();
        if (Peek() is not Dictionary<string, object?>) throw _bytes.Wrong("gives attributes to what is not a dictionary");
    }

    private void Mark()
    {
        if (_marks.Count == DeepestNesting) throw _bytes.Wrong($"nests deeper than {DeepestNesting}");
        _marks.Push(_stack.Count);
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Pop() => PopMany(1)[0];

    private object? Peek() => _stack.Count > Floor ? _stack[^1] : throw _bytes.Wrong("takes a value where there is none");

    // What stands below the newest mark is not to be taken.
    private int Floor => _marks.TryPeek(out int mark) ? mark : 0;

    private object?[] PopMany(int count)
    {
        if (_stack.Count - Floor < count) throw _bytes.Wrong("takes a value where there is none");
        return Cut(_stack.Count - count);
    }

    private object?[] PopToMark() => _marks.TryPop(out int mark) ? Cut(mark) : throw _bytes.Wrong("ends a group that was not begun");

    private object?[] Cut(int start)
    {
        var values = new object?[_stack.Count - start];
        _stack.CopyTo(start, values, 0, values.Length);
        _stack.RemoveRange(start, values.Length);
        return values;
    }

    private object? Recall(uint key) => _memo.TryGetValue(key, out object? value) ? value : throw _bytes.Wrong($"recalls value {key}, which it did not keep,");
}
