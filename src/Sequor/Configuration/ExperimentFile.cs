using System.Text;

namespace Sequor.Configuration;

public sealed partial record ExperimentConfig
{
    /// <summary>
    /// Reads an experiment from a .gin file; <paramref name="overrides"/> are <c>name=value</c> statements that prevail over the file,
    /// whose strings need no quotes.
    /// </summary>
    /// <exception cref="InvalidInputException">The file cannot be read, is not gin, or breaks a rule.</exception>
    public static LoadedExperiment Load(string path, IReadOnlyList<string>? overrides = null) =>
        GinBinder.Bind(GinParser.ParseFile(path, overrides ?? []));

    /// <summary>
    /// Reads an experiment from gin text; <paramref name="source"/> names it in messages, <paramref name="overrides"/> prevail as in <see cref="Load"/>.
    /// It includes nothing: a text that came with a model must not have files read.
    /// </summary>
    /// <exception cref="InvalidInputException">The text is not gin, includes a file, or breaks a rule.</exception>
    public static LoadedExperiment FromGin(string text, string source, IReadOnlyList<string>? overrides = null) =>
        GinBinder.Bind(GinParser.ParseText(text, source, overrides ?? []));

    /// <summary>Writes every setting, defaults included, as gin text that binds back to an equal experiment.</summary>
    public string ToGin()
    {
        var text = new StringBuilder("# Every setting of one experiment, defaults included.\n");
        string scope = "";
        foreach (GinSetting setting in GinSettings.All)
        {
            if (setting.Write is null) continue;
            string settingScope = setting.Name[..setting.Name.IndexOf('.', StringComparison.Ordinal)];
            if (settingScope != scope) text.Append('\n');
            scope = settingScope;
            text.Append(setting.Name).Append(" = ").Append(setting.Write(this)).Append('\n');
        }

        return text.ToString();
    }
}
