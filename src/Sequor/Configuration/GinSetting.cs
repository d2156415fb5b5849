using System.Globalization;
using Sequor.Retrieval;

namespace Sequor.Configuration;

/// <summary>One gin name: how its value is read into an experiment, and how it is written back.</summary>
/// <param name="Name">The dotted name.</param>
/// <param name="Read">The experiment with the value set; throws what is wrong with the value.</param>
/// <param name="Write">The value in an experiment; null when the name stands for nothing that varies.</param>
/// <param name="HasEffect">False for names that concern only GPUs or processes; a notice says so.</param>
internal sealed record GinSetting(
    string Name,
    Func<ExperimentConfig, GinBinding, ExperimentConfig> Read,
    Func<ExperimentConfig, GinValue>? Write,
    bool HasEffect = true)
{
    public static GinSetting Integer(
        string name, long least, long most, Func<ExperimentConfig, int, ExperimentConfig> set, Func<ExperimentConfig, int> get) =>
        new(name, (config, binding) => set(config, (int)IntegerOf(binding, least, most)), config => new GinInteger(get(config)));

    public static GinSetting Seed(string name, Func<ExperimentConfig, ulong, ExperimentConfig> set, Func<ExperimentConfig, ulong> get) =>
        new(name, (config, binding) => set(config, (ulong)IntegerOf(binding, 0, ulong.MaxValue)), config => new GinInteger(get(config)));

    public static GinSetting Number(
        string name, NumberRule rule, Func<ExperimentConfig, double, ExperimentConfig> set, Func<ExperimentConfig, double> get) =>
        new(name, (config, binding) => set(config, NumberOf(binding, rule)), config => new GinFloat(get(config)));

    public static GinSetting Boolean(string name, Func<ExperimentConfig, bool, ExperimentConfig> set, Func<ExperimentConfig, bool> get) =>
        new(
            name,
            (config, binding) =>
                binding.Value is GinBoolean value ? set(config, value.Value) : throw Wrong(binding, "must be True or False"),
            config => new GinBoolean(get(config)));

    public static GinSetting Text(string name, Func<ExperimentConfig, string, ExperimentConfig> set, Func<ExperimentConfig, string> get) =>
        new(
            name,
            (config, binding) =>
                binding.Value is GinText { Value.Length: > 0 } value ? set(config, value.Value) : throw Wrong(binding, "must be a string in quotes, not empty"),
            config => new GinText(get(config)));

    public static GinSetting Names(
        string name, Func<ExperimentConfig, ValueList<string>, ExperimentConfig> set, Func<ExperimentConfig, ValueList<string>> get) =>
        new(
            name,
            (config, binding) => set(config, [.. NamesOf(binding)]),
            config => new GinList([.. get(config).Select(text => new GinText(text))]));

    public static GinSetting Choice<T>(
        string name, (string Word, T Value)[] choices, Func<ExperimentConfig, T, ExperimentConfig> set, Func<ExperimentConfig, T> get) =>
        new(
            name,
            (config, binding) =>
            {
                foreach ((string word, T value) in choices)
                {
                    if (binding.Value is GinText text && text.Value == word) return set(config, value);
                }

                string? near = binding.Value is GinText written ? Spelling.Nearest(written.Value, choices.Select(choice => choice.Word)) : null;
                string hint = near is null ? "" : $"; did you mean \"{near}\"?";
                throw Wrong(binding, $"must be one of {string.Join(", ", choices.Select(choice => $"\"{choice.Word}\""))}{hint}");
            },
            config => new GinText(choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, get(config))).Word));

    /// <summary>A list of integers; <c>None</c> is an empty one.</summary>
    public static GinSetting Integers(
        string name, long least, long most, Func<ExperimentConfig, ValueList<int>, ExperimentConfig> set, Func<ExperimentConfig, ValueList<int>> get) =>
        new(
            name,
            (config, binding) =>
            {
                IReadOnlyList<GinValue> items = binding.Value switch
                {
                    GinNone => [],
                    GinList list => list.Items,
                    GinTuple tuple => tuple.Items,
                    _ => throw Wrong(binding, "must be a list of integers, such as [6040]"),
                };
                return set(config, [.. items.Select(item => (int)IntegerOf(binding with { Value = item }, least, most))]);
            },
            config => new GinList([.. get(config).Select(value => new GinInteger(value))]));

    /// <summary>A dictionary from some of the <paramref name="keys"/> to weights, which are 0 where they are not named.</summary>
    public static GinSetting Weights(
        string name, string[] keys, Func<ExperimentConfig, double[], ExperimentConfig> set, Func<ExperimentConfig, double[]> get) =>
        new(
            name,
            (config, binding) =>
            {
                if (binding.Value is not GinDictionary dictionary) throw Wrong(binding, $"must be a dictionary, such as {{\"{keys[0]}\": 0.001}}");
                var weights = new double[keys.Length];
                foreach ((GinValue key, GinValue value) in dictionary.Items)
                {
                    int place = key is GinText text ? Array.IndexOf(keys, text.Value) : -1;
                    if (place < 0) throw Wrong(binding, $"has the key {key}, which must be one of {string.Join(", ", keys.Select(word => $"\"{word}\""))}");
                    weights[place] = NumberOf(binding with { Value = value }, NumberRule.NotNegative);
                }
                return set(config, weights);
            },
            config => new GinDictionary(
                [.. keys.Zip(get(config)).Where(pair => pair.Second != 0).Select(pair => KeyValuePair.Create<GinValue, GinValue>(new GinText(pair.First), new GinFloat(pair.Second)))]));

    /// <summary>A top-k method by name, its parameters at the end.</summary>
    public static GinSetting TopK(string name, Func<ExperimentConfig, TopKMethod, ExperimentConfig> set, Func<ExperimentConfig, TopKMethod> get) =>
        new(
            name,
            (config, binding) => binding.Value is GinText text && TopKMethod.TryParse(text.Value, out TopKMethod method)
                ? set(config, method)
                : throw Wrong(binding, $"must be one of {string.Join(", ", TopKMethod.Names)}, numbers as you choose"),
            config => new GinText(get(config).ToString()));

    /// <summary>A second name of a setting.</summary>
    public static GinSetting Alias(string name, GinSetting of) => of with { Name = name, Write = null };

    /// <summary>A setting of the reference of which Sequor builds one value.</summary>
    public static GinSetting Only(string name, string value, string reason) =>
        new(name, (config, binding) =>
            binding.Value.ToString() == value ? config : throw Wrong(binding, $"must be {value}: {reason}"), Write: null);

    /// <summary>A setting of the reference that changes nothing here; its type is still checked.</summary>
    public static GinSetting NoEffect(string name, Func<GinValue, bool> accepts, string rule) =>
        new(name, (config, binding) => accepts(binding.Value) ? config : throw Wrong(binding, rule), Write: null, HasEffect: false);

    private static string[] NamesOf(GinBinding binding)
    {
        const string Rule = "must be a list of different strings, such as [\"genres\", \"year\"]";
        if (binding.Value is not GinList list) throw Wrong(binding, Rule);
        string[] names = [.. list.Items.Select(item => item is GinText { Value.Length: > 0 } text ? text.Value : throw Wrong(binding, Rule))];
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length ? names : throw Wrong(binding, Rule);
    }

    private static Int128 IntegerOf(GinBinding binding, Int128 least, Int128 most)
    {
        if (binding.Value is not GinInteger { Value: Int128 value }) throw Wrong(binding, "must be an integer");
        if (value < least) throw Wrong(binding, string.Create(CultureInfo.InvariantCulture, $"must be at least {least}"));
        if (value > most) throw Wrong(binding, string.Create(CultureInfo.InvariantCulture, $"must be at most {most}"));
        return value;
    }

    private static double NumberOf(GinBinding binding, NumberRule rule)
    {
        double value = binding.Value switch
        {
            GinInteger integer => (double)integer.Value,
            GinFloat real => real.Value,
            _ => throw Wrong(binding, "must be a number"),
        };
        return rule.Holds(value) ? value : throw Wrong(binding, rule.Sentence);
    }

    private static InvalidInputException Wrong(GinBinding binding, string rule) =>
        new($"{binding.Name} = {GinError.Quote(binding.Value.ToString())} {rule} ({binding.Location})");
}
