using System.CommandLine;
using Sequor.Configuration;

namespace Sequor.Cli.Bench;

/// <summary>Options that the benchmarks share.</summary>
internal static class BenchOptions
{
    public static Argument<string> Config() => new("CONFIG") { Description = "Experiment file (.gin)." };

    public static Option<string[]> Set() => new("--set") { Description = "A setting that prevails over the file; may be repeated.", HelpName = "NAME=VALUE" };

    public static Option<string?> Shape() => new("--shape")
    {
        Description = $"Made-up data of these proportions: {string.Join(", ", BenchShape.Known.Select(shape => shape.Name))}. That of train_fn.dataset_name when absent.",
        HelpName = "SHAPE",
    };

    public static Option<string?> Data() => new("--data") { Description = "A store that `sequor prepare` wrote, in place of made-up data.", HelpName = "STORE" };

    public static void RefuseBoth(Command command, Option<string?> shape, Option<string?> data) => command.Validators.Add(line =>
    {
        if (line.GetValue(shape) is not null && line.GetValue(data) is not null) line.AddError("--shape and --data exclude each other");
    });

    public static ExperimentConfig Load(Terminal terminal, string path, string[]? set)
    {
        LoadedExperiment experiment = ExperimentConfig.Load(path, set);
        foreach (string notice in experiment.Notices) terminal.Notice(notice);
        return experiment.Config;
    }

    /// <summary>A list of whole numbers from 1 on, such as <c>50,200,1000</c>.</summary>
    public static Option<int[]> Numbers(string name, string description, int[] whenAbsent) => new(name)
    {
        Description = $"{description} {string.Join(',', whenAbsent)} when absent.",
        HelpName = "N,N,…",
        DefaultValueFactory = _ => whenAbsent,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            var numbers = new List<int>();
            foreach (string part in text.Split(','))
            {
                if (int.TryParse(part, System.Globalization.CultureInfo.InvariantCulture, out int number) && number >= 1) numbers.Add(number);
                else result.AddError($"{name} {text} must be whole numbers from 1 on, with commas between");
            }

            return [.. numbers];
        },
    };
}
