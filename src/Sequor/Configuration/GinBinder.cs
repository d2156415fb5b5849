using Sequor.Retrieval;

namespace Sequor.Configuration;

/// <summary>
/// Binds gin statements to an experiment, strictly: an unknown name, a wrong type or a value out of range ends in a message.
/// </summary>
public static class GinBinder
{
    /// <summary>The experiment that the document describes, over the defaults of the records.</summary>
    /// <exception cref="InvalidInputException">A name is unknown, a value breaks its rule, or two values contradict each other.</exception>
    public static LoadedExperiment Bind(GinDocument document)
    {
        var config = new ExperimentConfig();
        var notices = new List<string>(document.Notices);
        var bound = new Dictionary<string, GinBinding>(StringComparer.Ordinal);
        foreach (GinBinding binding in document.Bindings)
        {
            GinSetting setting = GinSettings.Find(binding.Name) ?? throw Unknown(binding);
            ExperimentConfig changed = setting.Read(config, binding);
            if (binding.Scope.Length > 0)
            {
                notices.Add($"{GinError.Quote($"{binding.Scope}/{binding.Name}")} is without effect: Sequor runs nothing in a scope ({binding.Location})");
                continue;
            }

            config = changed;
            bound[setting.Name] = binding;
        }

        // Null stands for what would be chosen anyway, so that equal experiments are equal records.
        if (config.TopK == TopKMethod.BruteForce(config.Model.Similarity)) config = config with { TopK = null };
        ExperimentRules.Check(config, bound);
        notices.AddRange(
            from pair in bound
            where !GinSettings.Find(pair.Key)!.HasEffect
            select $"accepted and without effect on CPUs: {pair.Key} = {GinError.Quote(pair.Value.Value.ToString())} ({pair.Value.Location})");
        notices.AddRange(ExperimentRules.UnreadSettings(config, bound));
        return new LoadedExperiment(config, notices);
    }

    private static InvalidInputException Unknown(GinBinding binding)
    {
        string? near = Spelling.Nearest(binding.Name, GinSettings.All.Select(setting => setting.Name));
        string hint = near is null ? "" : $": did you mean {near}?";
        return new InvalidInputException($"{GinError.Quote(binding.Name)} is not a setting that Sequor knows{hint} ({binding.Location})");
    }
}
