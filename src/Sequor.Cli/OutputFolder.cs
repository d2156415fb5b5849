using Sequor.Training;

namespace Sequor.Cli;

/// <summary>Folders that a command will write.</summary>
internal static class OutputFolder
{
    /// <summary>Stops before the work, not after it, when the path cannot be a new folder.</summary>
    /// <exception cref="InvalidInputException">The path, or a part of it, is a file, or it is a folder that holds something.</exception>
    public static void RequireNew(string path)
    {
        for (string? part = Path.GetFullPath(path); part is not null; part = Path.GetDirectoryName(part))
        {
            if (File.Exists(part)) throw new InvalidInputException($"{path} cannot be a folder: {part} is a file; choose another output");
        }

        RunDirectory.RequireNew(path);
    }

    /// <summary>Makes the folder.</summary>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    public static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} cannot be written: {error.Message.TrimEnd('.')}; choose another output", error);
        }
    }
}
