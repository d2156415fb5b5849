namespace Sequor.Artifacts;

/// <summary>Opens a file of weights by what its first bytes are; its name does not matter.</summary>
public static class WeightFile
{
    /// <summary>Opens a checkpoint of PyTorch (a zip archive, or the older pickle, which is refused with advice) or a safetensors file.</summary>
    /// <exception cref="InvalidInputException">The file cannot be opened, is damaged, or is of another format.</exception>
    public static IWeightSource Open(string path) =>
        PyTorchCheckpoint.Recognises(path) ? PyTorchCheckpoint.Open(path) : SafetensorsReader.Open(path);
}
