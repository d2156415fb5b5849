using System.IO.Compression;
using Sequor.Storage;

namespace Sequor.Preparation.Reading;

/// <summary>
/// Files as DuckDB is to read them. Of a gzip file of many members (as bgzip, log shippers and <c>cat a.gz b.gz</c> write) DuckDB loses rows without
/// a word, so such a file is unpacked first, into a scratch file; every other file stays what it is.
/// </summary>
internal sealed class UnpackedFiles : IDisposable
{
    private readonly List<FileStream> scratch = [];

    /// <summary>Unpacks those that need it.</summary>
    /// <param name="files">The files.</param>
    /// <param name="folder">Folder of the scratch files.</param>
    /// <param name="cancellationToken">Stops the unpacking.</param>
    /// <exception cref="InvalidInputException">The disk refuses, or a member is damaged.</exception>
    public UnpackedFiles(IReadOnlyList<string> files, string folder, CancellationToken cancellationToken)
    {
        try
        {
            Paths = [.. files.Select(file => GzipCheck.HasManyMembers(file, cancellationToken) ? Unpack(file, folder, cancellationToken) : file)];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What to read, file by file.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Removes the scratch files.</summary>
    public void Dispose()
    {
        foreach (FileStream file in scratch) file.Dispose();
    }

    private string Unpack(string file, string folder, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            FileStream target = ScratchFile.Create(folder, bufferSize: 1 << 16);
            scratch.Add(target);
            using var plain = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
            for (int read; (read = plain.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                target.Write(buffer, 0, read);
            }

            target.Flush();
            // Where scratch files have no name, the system names what a process has open.
            return OperatingSystem.IsWindows() ? target.Name : $"/dev/fd/{target.SafeFileHandle.DangerousGetHandle()}";
        }
        catch (InvalidDataException error)
        {
            throw new InvalidInputException($"{file} is damaged: its gzip data do not unpack; fetch it again", error);
        }
        catch (IOException error)
        {
            throw new InvalidInputException($"{file} cannot be unpacked in {folder}: {error.Message.TrimEnd('.')}; free space there or choose another output", error);
        }
    }
}
