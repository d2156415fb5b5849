namespace Sequor.Configuration;

/// <summary>
/// The macros <c>NAME = value</c>. Gin looks a macro up when all is read, so that a later definition prevails everywhere.
/// </summary>
internal sealed class GinMacros
{
    private const int DeepestChain = 64;
    private const int LargestValue = 100_000;

    private readonly Dictionary<string, Definition> _definitions = new(StringComparer.Ordinal);

    public void Define(string name, GinValue value, string file, int line)
    {
        if (file == GinReading.OverrideSource && !_definitions.ContainsKey(name))
        {
            throw GinError.At(file, line, $"{GinError.Quote(name)} is neither a setting nor a macro of the file{SettingsOfThatName(name)}");
        }

        _definitions[name] = new Definition(value, file, line);
    }

    /// <summary>The value without macros.</summary>
    public GinValue Resolve(GinValue value, string file, int line)
    {
        int size = 0;
        return Resolve(value, file, line, depth: 0, ref size);
    }

    /// <summary>One sentence for each macro that nothing uses: most are settings whose prefix was forgotten.</summary>
    public IEnumerable<string> Complete() =>
        from pair in _definitions
        where !pair.Value.Used
        select $"macro {GinError.Quote(pair.Key)} is never used{SettingsOfThatName(pair.Key)} ({GinError.Location(pair.Value.File, pair.Value.Line)})";

    private GinValue Resolve(GinValue value, string file, int line, int depth, ref int size)
    {
        // Both bounds guard against macros that double at each step, or that lead in a circle.
        if (++size > LargestValue)
        {
            throw GinError.At(file, line, $"the value has more than {LargestValue} parts once its macros are replaced");
        }

        if (depth > DeepestChain)
        {
            throw GinError.At(file, line, $"macros are nested deeper than {DeepestChain}, or one of them contains itself");
        }

        switch (value)
        {
            case GinMacro macro:
                if (!_definitions.TryGetValue(macro.Name, out Definition? definition))
                {
                    string? near = Spelling.Nearest(macro.Name, _definitions.Keys);
                    string hint = near is null ? $": define it as {GinError.Quote(macro.Name)} = value" : $": did you mean %{near}?";
                    throw GinError.At(file, macro.Line, $"macro %{GinError.Quote(macro.Name)} is not defined{hint}");
                }

                definition.Used = true;
                return Resolve(definition.Value, file, line, depth + 1, ref size);
            case GinList list: return new GinList(ResolveAll(list.Items, file, line, depth + 1, ref size));
            case GinTuple tuple: return new GinTuple(ResolveAll(tuple.Items, file, line, depth + 1, ref size));
            case GinDictionary dictionary:
                var items = new List<KeyValuePair<GinValue, GinValue>>(dictionary.Items.Count);
                foreach ((GinValue key, GinValue item) in dictionary.Items)
                {
                    items.Add(new(Resolve(key, file, line, depth + 1, ref size), Resolve(item, file, line, depth + 1, ref size)));
                }

                return new GinDictionary(items);
            default: return value;
        }
    }

    private List<GinValue> ResolveAll(IReadOnlyList<GinValue> values, string file, int line, int depth, ref int size)
    {
        var resolved = new List<GinValue>(values.Count);
        foreach (GinValue value in values) resolved.Add(Resolve(value, file, line, depth, ref size));
        return resolved;
    }

    private static string SettingsOfThatName(string name)
    {
        string[] settings = [.. GinSettings.All.Select(setting => setting.Name).Where(setting => setting.EndsWith("." + name, StringComparison.Ordinal))];
        return settings.Length == 0 ? "" : $": did you mean {string.Join(" or ", settings)}?";
    }

    private sealed record Definition(GinValue Value, string File, int Line)
    {
        public bool Used { get; set; }
    }
}
