namespace Sequor.Cli.Reports;

/// <summary>The settings of runs side by side. Those of parts that a run's model does not have are left out.</summary>
internal sealed class SettingsTable
{
    private SettingsTable(IReadOnlyList<(string Name, string?[] Values)> rows) => Rows = rows;

    /// <summary>Names in the order of the files, each with a value for every run; null where the run's model has no such part.</summary>
    public IReadOnlyList<(string Name, string?[] Values)> Rows { get; }

    /// <summary>The rows in which runs differ.</summary>
    public IEnumerable<(string Name, string?[] Values)> Differences => Rows.Where(row => row.Values.Distinct().Count() > 1);

    /// <summary>Reads the gin text of each run.</summary>
    public static SettingsTable Of(IReadOnlyList<ComparedRun> runs)
    {
        List<(string Name, string Value)>[] settings = [.. runs.Select(run => Parse(run).ToList())];
        string[] names = [.. settings.SelectMany(own => own).Select(setting => setting.Name).Distinct(StringComparer.Ordinal)];
        return new SettingsTable([.. names.Select(name => (name, settings.Select(own => own.Where(setting => setting.Name == name).Select(setting => setting.Value).FirstOrDefault()).ToArray()))]);
    }

    private static IEnumerable<(string Name, string Value)> Parse(ComparedRun run)
    {
        foreach (string line in run.Manifest.Configuration.Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || line.StartsWith('#')) continue;
            string name = line[..equals].TrimEnd();
            if (Applies(name, run)) yield return (name, line[(equals + 1)..].Trim());
        }
    }

    private static bool Applies(string name, ComparedRun run) => name.Split('.')[0] switch
    {
        "hstu_encoder" => run.Config.Model.Encoder == Modeling.EncoderKind.Hstu,
        "sasrec_encoder" => run.Config.Model.Encoder == Modeling.EncoderKind.SasRec,
        "fuxi_encoder" => run.Config.Model.Encoder is Modeling.EncoderKind.FuXiAlpha or Modeling.EncoderKind.FuXiBeta,
        "ligr_encoder" => run.Config.Model.Encoder == Modeling.EncoderKind.Ligr,
        "create_mol_interaction_module" => run.Config.Model.Similarity == Modeling.SimilarityKind.MixtureOfLogits,
        _ => true,
    };
}
