namespace Sequor.Artifacts;

/// <summary>Named tensors on disk, read as float32 row by row: a safetensors file or a checkpoint of PyTorch.</summary>
public interface IWeightSource : IDisposable
{
    /// <summary>The file.</summary>
    string Path { get; }

    /// <summary>Names and shapes.</summary>
    IReadOnlyList<SafetensorsShape> Tensors { get; }

    /// <summary>The epoch that the file says its weights are of; null when it says none.</summary>
    int? Epoch { get; }

    /// <summary>Reads a tensor row by row; the last dimension is a row.</summary>
    /// <exception cref="InvalidInputException">The tensor is missing, damaged, or of a type that float32 cannot stand for.</exception>
    void Read(string name, RowReceiver receive);
}
