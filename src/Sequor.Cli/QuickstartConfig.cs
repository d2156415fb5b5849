using Sequor.Configuration;

namespace Sequor.Cli;

/// <summary>The experiment of <c>quickstart</c>: the file of the repository around, so that edits count, else the copy in this program.</summary>
internal static class QuickstartConfig
{
    private const string Name = "configs/quickstart/hstu.gin";

    /// <summary>The experiment and where it stands; a path for the next command when it is a file.</summary>
    public static (LoadedExperiment Experiment, string Source) Load()
    {
        if ((Find(Directory.GetCurrentDirectory()) ?? Find(AppContext.BaseDirectory)) is { } file) return (ExperimentConfig.Load(file), file);
        using Stream stream = typeof(QuickstartConfig).Assembly.GetManifestResourceStream(Name)!;
        using var reader = new StreamReader(stream);
        return (ExperimentConfig.FromGin(reader.ReadToEnd(), Name), Name);
    }

    private static string? Find(string folder)
    {
        for (string? place = folder; place is not null; place = Path.GetDirectoryName(place))
        {
            string file = Path.Combine(place, Name);
            if (File.Exists(file)) return file;
        }

        return null;
    }
}
