using System.Text.Json.Nodes;
using Sequor.Artifacts;
using Xunit;

namespace Sequor.Tests.Artifacts;

public sealed class ArtifactManifestTests : IDisposable
{
    private readonly TemporaryFolder _directory = new();

    private string Artifact => _directory.File("artefact");

    private string ManifestFile => Path.Combine(Artifact, ArtifactManifest.FileName);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_manifest_comes_back_as_it_was_written()
    {
        ArtifactManifest written = Write();
        ArtifactManifest read = ArtifactManifest.Read(Artifact);
        Assert.Equal(["index/part", "model.safetensors"], read.Files.Select(file => file.Name));
        Assert.Equal(written.Files, read.Files);
        Assert.Equal(written.Metrics, read.Metrics);
        Assert.Equal(written.Indices, read.Indices);
        Assert.Equal(written with { Indices = read.Indices, Files = read.Files, Metrics = read.Metrics }, read);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", read.Files[1].Sha256);
    }

    [Theory]
    [InlineData("indices")]
    [InlineData("metrics")]
    [InlineData("files")]
    public void What_an_older_manifest_leaves_out_is_empty(string list)
    {
        Write();
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(ManifestFile))!;
        Assert.True(manifest.AsObject().Remove(list));
        File.WriteAllText(ManifestFile, manifest.ToJsonString());
        ArtifactManifest read = ArtifactManifest.Read(Artifact);
        Assert.Empty(read.Indices);
        Assert.Equal(list == "metrics", read.Metrics.Count == 0);
        Assert.Equal(list == "files", read.Files.Count == 0);
    }

    [Fact]
    public void A_changed_byte_is_found()
    {
        Write();
        File.WriteAllText(Path.Combine(Artifact, "model.safetensors"), "abd");
        string message = Message();
        Assert.StartsWith("model.safetensors has sha256 ", message, StringComparison.Ordinal);
        Assert.EndsWith($"manifest says ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad; the artefact {Artifact} is damaged: copy it again", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_short_or_missing_is_found()
    {
        Write();
        File.WriteAllText(Path.Combine(Artifact, "model.safetensors"), "ab");
        Assert.StartsWith("model.safetensors has 2 bytes, manifest says 3;", Message(), StringComparison.Ordinal);
        File.Delete(Path.Combine(Artifact, "model.safetensors"));
        Assert.StartsWith("model.safetensors is missing;", Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_format_is_refused_whatever_else_it_holds()
    {
        Directory.CreateDirectory(Artifact);
        File.WriteAllText(ManifestFile, """{"formatVersion": 2}""");
        Assert.Equal($"{ManifestFile} has format version 2; this program reads versions 1 to 1: use a newer Sequor", Message());
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../secret")]
    [InlineData("./model.safetensors")]
    [InlineData("..\\\\secret")]
    [InlineData("C:secret")]
    [InlineData("")]
    public void A_file_name_must_stay_inside(string name)
    {
        Write();
        File.WriteAllText(ManifestFile, File.ReadAllText(ManifestFile).Replace("\"model.safetensors\"", $"\"{name}\"", StringComparison.Ordinal));
        Assert.Contains("a name must stay inside the artefact", Message(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"formatVersion": 1}""")]
    [InlineData("""{"formatVersion": "one"}""")]
    [InlineData("""{"formatVersion": 1, "creator": "x", "configuration": null, "itemCount": 1, "dataName": "", "dataFingerprint": "", "protocol": "", "epoch": 1}""")]
    [InlineData("""{"formatVersion": 1, "creator": "x", "configuration": "", "itemCount": 1, "dataName": "", "dataFingerprint": "", "protocol": "", "epoch": 1, "files": [null]}""")]
    [InlineData("""{"formatVersion": 1, "formatVersion": 1}""")]
    public void What_is_not_a_manifest_is_refused(string text)
    {
        Directory.CreateDirectory(Artifact);
        File.WriteAllText(ManifestFile, text);
        Assert.Contains("is not a manifest of an artefact", Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_manifest_is_refused()
    {
        Directory.CreateDirectory(Artifact);
        File.WriteAllText(ManifestFile, "");
        Assert.Equal($"{ManifestFile} is empty, or no file; copy it again", Message());
    }

    [Fact]
    public void A_directory_without_a_manifest_is_no_artefact() =>
        Assert.Equal($"{ManifestFile} does not exist: name a directory that `sequor train` wrote", Message());

    private string Message() => Assert.Throws<InvalidInputException>(() => ArtifactManifest.Read(Artifact)).Message;

    private ArtifactManifest Write()
    {
        Directory.CreateDirectory(Path.Combine(Artifact, "index"));
        File.WriteAllText(Path.Combine(Artifact, "model.safetensors"), "abc");
        File.WriteAllText(Path.Combine(Artifact, "index", "part"), "1");
        return new ArtifactManifest
        {
            Creator = "Sequor 0.1.0",
            Configuration = "train_fn.num_epochs = 3\n",
            ItemCount = 3883,
            DataName = "ml-1m",
            DataFingerprint = "f00d",
            Protocol = "reference",
            Epoch = 7,
            Metrics = new Dictionary<string, double> { ["HR@10"] = 0.3, ["NDCG@10"] = double.NaN },
        }.Write(Artifact);
    }
}
