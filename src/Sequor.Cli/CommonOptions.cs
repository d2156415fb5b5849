using System.CommandLine;
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

    public static Option<int?> Threads()
    {
        var option = new Option<int?>("--threads") { Description = "Threads to compute with; results do not depend on it. All cores when absent.", HelpName = "N" };
        AtLeastOne(option);
        return option;
    }

    /// <summary>Refuses numbers below one while the command line is read.</summary>
    public static void AtLeastOne(Option option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int count) && count < 1) result.AddError($"{option.Name} = {count} must be at least 1");
    });

    public static EvaluationProtocol ParseProtocol(string? name) =>
        name == Validation ? EvaluationProtocol.Validation : EvaluationProtocol.Reference;

    public static string NameOf(EvaluationProtocol protocol) => protocol == EvaluationProtocol.Validation ? Validation : Reference;

    /// <summary>The pool of that many threads; the shared one, as wide as the machine, when the number is absent.</summary>
    public static WorkerPool Workers(int? threadCount) => threadCount is null ? WorkerPool.Shared : new WorkerPool(threadCount.Value);
}
