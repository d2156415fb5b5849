using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Sequor.Artifacts;
using Sequor.Data;
using Sequor.Kernels;

namespace Sequor.Cli;

/// <summary>Options that several commands take, with the same name and meaning everywhere.</summary>
internal static class CommonOptions
{
    private const string Reference = "reference";
    private const string Validation = "validation";

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document; messages go to the error stream." };

    public static Option<string> Data() => new("--data") { Description = "A store that `sequor prepare` wrote.", HelpName = "STORE", Required = true };

    public static Option<string[]> Set() => new("--set") { Description = "A setting that prevails over the file; may be repeated.", HelpName = "NAME=VALUE" };

    public static Option<string?> Protocol(string whenAbsent)
    {
        var option = new Option<string?>("--protocol")
        {
            Description = $"What is held out: the last event (reference) or the last two (validation). {whenAbsent}",
            HelpName = $"{Reference}|{Validation}",
        };
        option.AcceptOnlyFromAmong(Reference, Validation);
        return option;
    }

    public static Option<ItemRowRule?> ItemRows(string whenAbsent) => new("--item-rows")
    {
        Description = $"Rows of the item table: by the number that an item's id is (id), or by its place in the catalogue (index). {whenAbsent}",
        HelpName = "id|index",
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "id": return ItemRowRule.Id;
                case "index": return ItemRowRule.Index;
                default:
                    result.AddError($"--item-rows {result.Tokens[0].Value} must be id or index");
                    return null;
            }
        },
    };

    public static Option<int?> Threads() => Number<int>("--threads", "Threads to compute with; results do not depend on it. All cores when absent.", 1);

    /// <summary>An option whose value is a whole number, refused in words while the command line is read.</summary>
    public static Option<T?> Number<T>(string name, string description, T smallest, string helpName = "N")
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, CultureInfo.InvariantCulture, out T number) && number >= smallest) return number;
                result.AddError($"{name} {text} must be a whole number from {smallest} to {T.MaxValue}");
                return null;
            },
        };

    public static EvaluationProtocol ParseProtocol(string? name) =>
        name == Validation ? EvaluationProtocol.Validation : EvaluationProtocol.Reference;

    public static string NameOf(ItemRowRule rule) => rule == ItemRowRule.Id ? "id" : "index";

    public static string NameOf(EvaluationProtocol protocol) => protocol == EvaluationProtocol.Validation ? Validation : Reference;

    /// <summary>The pool of that many threads; the shared one, as wide as the machine, when the number is absent.</summary>
    public static WorkerPool Workers(int? threadCount) => threadCount is null ? WorkerPool.Shared : new WorkerPool(threadCount.Value);
}
