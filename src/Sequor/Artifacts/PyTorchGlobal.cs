namespace Sequor.Artifacts;

/// <summary>
/// A name that torch.save writes, and what a call of it stands for: the whole list of what a checkpoint may ask for.
/// </summary>
internal sealed class PyTorchGlobal
{
    private static readonly Dictionary<string, PyTorchGlobal> s_known = new(StringComparer.Ordinal)
    {
        ["collections.OrderedDict"] = new(arguments => arguments.Length == 0 ? new Dictionary<string, object?>(StringComparer.Ordinal) : null),
        ["torch._utils._rebuild_tensor_v2"] = new(PyTorchTensor.FromArguments),
        // (tensor, requires_grad, backward hooks)
        ["torch._utils._rebuild_parameter"] = new(arguments => arguments is [PyTorchTensor tensor, bool, _] ? tensor : null),
        ["torch.Size"] = new(arguments => arguments is [object?[] dimensions] ? dimensions : null),
        ["torch.device"] = new(arguments => arguments is [string type, ..] ? type : null),
        ["torch.FloatStorage"] = new("F32"),
        ["torch.DoubleStorage"] = new("F64"),
        ["torch.HalfStorage"] = new("F16"),
        ["torch.BFloat16Storage"] = new("BF16"),
        ["torch.LongStorage"] = new("I64"),
        ["torch.IntStorage"] = new("I32"),
        ["torch.ShortStorage"] = new("I16"),
        ["torch.CharStorage"] = new("I8"),
        ["torch.ByteStorage"] = new("U8"),
        ["torch.BoolStorage"] = new("BOOL"),
    };

    private readonly Func<object?[], object?>? _make;

    private PyTorchGlobal(Func<object?[], object?> make) => _make = make;

    private PyTorchGlobal(string elementType) => ElementType = elementType;

    /// <summary>For a storage, the type of its elements in the names of safetensors.</summary>
    public string? ElementType { get; }

    /// <summary>The global of that name, or null when it is not one to be taken.</summary>
    public static PyTorchGlobal? Find(string module, string name) => s_known.GetValueOrDefault($"{module}.{name}");

    /// <summary>What a call with these arguments stands for.</summary>
    public object Make(object?[] arguments, PickleBytes place) =>
        _make?.Invoke(arguments) ?? throw place.Wrong($"calls {Name} with arguments that torch.save does not give");

    private string Name => s_known.First(known => known.Value == this).Key;
}
