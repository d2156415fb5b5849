using System.Security.Cryptography;
using System.Text.Json;
using Sequor.Artifacts;
using Sequor.Storage;

namespace Sequor.Training.Checkpoints;

/// <summary>
/// A checkpoint on disk: <c>state.safetensors</c>, weights and moments with the <see cref="TrainingState"/> in its header, and
/// <c>checkpoint.json</c>, which holds its length and hash. The directory appears whole or not at all, and is verified before it is believed.
/// </summary>
internal static class Checkpoint
{
    /// <summary>Name of the file that describes the other.</summary>
    internal const string FileName = "checkpoint.json";

    /// <summary>Name of the tensors.</summary>
    internal const string TensorsFileName = "state.safetensors";

    private const string StateKey = "sequor.state";
    private const int LargestDescription = 1 << 12;
    private const int BufferSize = 1 << 20;

    /// <summary>Writes a checkpoint row by row, in memory of constant size, and makes it durable.</summary>
    /// <exception cref="InvalidInputException">The system refuses or the disk is full.</exception>
    internal static void Write(string directory, TrainingState state, IReadOnlyList<CheckpointTensor> tensors) =>
        AtomicDirectory.Write(directory, FileName, files =>
        {
            ArtifactFile description = null!;
            AtomicFile.Write(Path.Combine(files, TensorsFileName), stream => description = WriteTensors(stream, state, tensors));
            AtomicFile.Write(Path.Combine(files, FileName), stream => JsonSerializer.Serialize(stream, description, CheckpointJson.Default.ArtifactFile));
        });

    /// <summary>Verifies every byte of a checkpoint and returns its state.</summary>
    /// <exception cref="InvalidInputException">It is damaged, or of a newer format; the message is what to say of it.</exception>
    internal static TrainingState Verify(string directory)
    {
        string path = Path.Combine(directory, TensorsFileName), description = Path.Combine(directory, FileName);
        try
        {
            if (new FileInfo(InnerFile.Find(directory, FileName)).Length > LargestDescription) throw Damaged(description, "is too long");
            ArtifactFile? expected = JsonSerializer.Deserialize(File.ReadAllText(description), CheckpointJson.Default.ArtifactFile);
            using (FileStream stream = File.OpenRead(InnerFile.Find(directory, TensorsFileName)))
            {
                if (stream.Length != expected?.Length) throw Damaged(path, $"has {stream.Length} bytes, {FileName} says {expected?.Length}");
                string actual = Convert.ToHexStringLower(SHA256.HashData(stream));
                if (actual != expected.Sha256) throw Damaged(path, $"has sha256 {actual}, {FileName} says {expected.Sha256}");
            }

            using SafetensorsReader reader = SafetensorsReader.Open(path);
            return Parse(reader);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new InvalidInputException($"{directory} cannot be read: {error.Message.TrimEnd('.')}", error);
        }
    }

    /// <summary>The state of a checkpoint, whose tensors are not looked at.</summary>
    /// <exception cref="InvalidInputException">It is damaged, or of a newer format.</exception>
    internal static TrainingState Peek(string directory)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(Path.Combine(directory, TensorsFileName));
        return Parse(reader);
    }

    /// <summary>Reads weights and moments back to where they were.</summary>
    /// <exception cref="InvalidInputException">The checkpoint has other tensors.</exception>
    internal static void Read(string directory, IReadOnlyList<CheckpointTensor> tensors)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(Path.Combine(directory, TensorsFileName));
        SafetensorsShape[] expected = Shapes(tensors);
        if (!reader.Tensors.Select(Text).SequenceEqual(expected.Select(Text)))
            throw new InvalidInputException($"{reader.Path} holds other tensors than these settings give; it was written by another version of Sequor: go on with that one");
        foreach (CheckpointTensor tensor in tensors)
            reader.Read(tensor.Name, (row, values) =>
            {
                values.CopyTo(tensor.Value[(int)row]);
                tensor.AfterFill?.Invoke((int)row);
            });

        static string Text(SafetensorsShape shape) => $"{shape.Name} ({string.Join(", ", shape.Dimensions)})";
    }

    private static ArtifactFile WriteTensors(Stream stream, TrainingState state, IReadOnlyList<CheckpointTensor> tensors)
    {
        using var hashed = new HashedStream(stream);
        var buffered = new BufferedStream(hashed, BufferSize);
        var metadata = new Dictionary<string, string> { [StateKey] = JsonSerializer.Serialize(state, CheckpointJson.Default.TrainingState) };
        var writer = new SafetensorsWriter(buffered, Shapes(tensors), metadata);
        foreach (CheckpointTensor tensor in tensors)
            writer.Write(tensor.Name, (row, destination) =>
            {
                tensor.BeforeRead?.Invoke((int)row);
                tensor.Value[(int)row].CopyTo(destination);
            });
        writer.Complete();
        buffered.Flush();
        return new ArtifactFile { Name = TensorsFileName, Length = hashed.Length, Sha256 = hashed.Sha256 };
    }

    private static TrainingState Parse(SafetensorsReader reader)
    {
        string text = reader.Metadata.GetValueOrDefault(StateKey) ?? throw Damaged(reader.Path, $"has no {StateKey}");
        using JsonDocument document = JsonDocument.Parse(text);
        // The version comes first: a newer format may lack what this one requires.
        int version = document.RootElement.TryGetProperty("formatVersion", out JsonElement element) && element.TryGetInt32(out int number) ? number : 0;
        if (version is < 1 or > TrainingState.CurrentFormatVersion)
            throw new InvalidInputException($"{reader.Path} has format version {version}; this program reads versions 1 to {TrainingState.CurrentFormatVersion}");
        TrainingState state = document.RootElement.Deserialize(CheckpointJson.Default.TrainingState)!;
        return state.Fault is { } fault ? throw Damaged(reader.Path, fault) : state;
    }

    private static SafetensorsShape[] Shapes(IReadOnlyList<CheckpointTensor> tensors) =>
        [.. tensors.Select(tensor => new SafetensorsShape(tensor.Name, [tensor.Value.Rows, tensor.Value.Columns]))];

    private static InvalidInputException Damaged(string path, string finding) => new($"{path} {finding}");
}
