using System.CommandLine;
using System.Globalization;
using System.Numerics;
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

    public static string NameOf(EvaluationProtocol protocol) => protocol == EvaluationProtocol.Validation ? Validation : Reference;

    /// <summary>The pool of that many threads; the shared one, as wide as the machine, when the number is absent.</summary>
    public static WorkerPool Workers(int? threadCount) => threadCount is null ? WorkerPool.Shared : new WorkerPool(threadCount.Value);
}
