using System.Globalization;
using System.Text;

namespace Sequor.Configuration;

/// <summary>
/// A value of a gin file: a Python literal or a reference. The hierarchy is closed; <c>ToString</c> writes the value back as gin.
/// </summary>
public abstract record GinValue
{
    private protected GinValue() { }

    private protected static string Join(char open, IEnumerable<GinValue> items, string close) => open + string.Join(", ", items) + close;
}

/// <summary><c>None</c>.</summary>
public sealed record GinNone : GinValue
{
    /// <inheritdoc/>
    public override string ToString() => "None";
}

/// <summary><c>True</c> or <c>False</c>.</summary>
public sealed record GinBoolean(bool Value) : GinValue
{
    /// <inheritdoc/>
    public override string ToString() => Value ? "True" : "False";
}

/// <summary>An integer; wide enough for every signed and unsigned 64-bit number.</summary>
public sealed record GinInteger(Int128 Value) : GinValue
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A finite floating-point number, written with as many digits as bring the same number back.</summary>
public sealed record GinFloat(double Value) : GinValue
{
    /// <inheritdoc/>
    public override string ToString()
    {
        string text = Value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
        return text.AsSpan().ContainsAny('.', 'e') ? text : text + ".0";
    }
}

/// <summary>A string.</summary>
public sealed record GinText(string Value) : GinValue
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder(Value.Length + 2).Append('"');
        foreach (char character in Value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' or '\x7f' => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"),
                _ => text.Append(character),
            };
        }

        return text.Append('"').ToString();
    }
}

/// <summary><c>[a, b]</c>.</summary>
public sealed record GinList(IReadOnlyList<GinValue> Items) : GinValue
{
    /// <inheritdoc/>
    public override string ToString() => Join('[', Items, "]");
}

/// <summary><c>(a, b)</c>.</summary>
public sealed record GinTuple(IReadOnlyList<GinValue> Items) : GinValue
{
    /// <inheritdoc/>
    public override string ToString() => Join('(', Items, Items.Count == 1 ? ",)" : ")");
}

/// <summary><c>{a: b}</c>, in the order of the file.</summary>
public sealed record GinDictionary(IReadOnlyList<KeyValuePair<GinValue, GinValue>> Items) : GinValue
{
    /// <inheritdoc/>
    public override string ToString() => "{" + string.Join(", ", Items.Select(item => $"{item.Key}: {item.Value}")) + "}";
}

/// <summary><c>@target</c>, or <c>@target()</c> when <paramref name="IsCall"/>.</summary>
public sealed record GinReference(string Target, bool IsCall) : GinValue
{
    /// <inheritdoc/>
    public override string ToString() => IsCall ? $"@{Target}()" : $"@{Target}";
}

/// <summary><c>%name</c>; replaced by its value before anyone outside the parser sees it.</summary>
internal sealed record GinMacro(string Name, int Line) : GinValue
{
    public override string ToString() => "%" + Name;
}
