namespace Sequor.Preparation;

/// <summary>Where interactions come from: one record with its settings for each kind of source.</summary>
public abstract record DatasetSource
{
    /// <summary>Name given to the data set when the request gives none.</summary>
    public abstract string DefaultName { get; }

    /// <summary>Whether the source has rows, among which <see cref="PreparationRequest.Filter"/> and its like choose.</summary>
    internal virtual bool HasRows => false;

    /// <summary>Files that are read and must not be written over.</summary>
    internal virtual IEnumerable<string> InputFiles => [];

    /// <summary>Writes the store to the request's output; returns the number of rows read.</summary>
    internal abstract long Write(PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken);

    /// <summary>The file of a known name in a folder, or the file itself when the path is a file.</summary>
    internal static string FindFile(string path, string fileName)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, fileName) : path;
        return File.Exists(file) ? file : throw new InvalidInputException($"{file} does not exist; give the folder that holds {fileName}, or the file itself");
    }

    /// <summary>A file beside the ratings file.</summary>
    internal static string FindBeside(string ratingsFile, string fileName) =>
        FindFile(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(ratingsFile))!, fileName), fileName);
}
