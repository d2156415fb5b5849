using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sequor.Artifacts;
using Sequor.Autograd;
using Xunit;

namespace Sequor.Tests.Artifacts;

/// <summary>Artefacts that agree with their own manifest and want what no artefact may have.</summary>
public sealed class HostileArtifactTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public HostileArtifactTests() => SmallModel.Write(Artifact);

    private string Artifact => _folder.File("model");

    private string ManifestFile => Path.Combine(Artifact, ArtifactManifest.FileName);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("include '/etc/hostname'")]
    [InlineData("include '../secret.gin'")]
    [InlineData("include 'items.jsonl'")]
    public void Settings_include_no_file(string statement)
    {
        Change(manifest => manifest["configuration"] = statement + "\n" + (string)manifest["configuration"]!);
        Assert.Contains("such a text includes nothing", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train_fn.item_embedding_dim = 16384")]
    [InlineData("hstu_encoder.num_blocks = 1024")]
    [InlineData("hstu_encoder.dv = 16384")]
    [InlineData("train_fn.max_sequence_length = 100000")]
    [InlineData("train_fn.interaction_module_type = 'MoL'\ntrain_fn.top_k_method = 'MoLBruteForceTopK'")]
    [InlineData("train_fn.main_module = 'FuXi-alpha'\nfuxi_encoder.num_blocks = 1024\nfuxi_encoder.dqk = 16384\nfuxi_encoder.dv = 16384")]
    public void Settings_take_no_more_memory_than_the_weights_justify(string settings)
    {
        Change(manifest => manifest["configuration"] = (string)manifest["configuration"]! + "\n" + settings + "\n");
        Assert.Contains("holds fewer numbers than a model of the settings beside it has", Refusal(), StringComparison.Ordinal);
        // The bound ended with the load.
        using var free = new Parameter("free", [100, 1000]);
        Assert.Equal(100, free.Value.Rows);
    }

    [Fact]
    public void Nobody_is_less_than_never_popular()
    {
        string path = Path.Combine(Artifact, ItemTable.FileName);
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"popularity\":999", "\"popularity\":-1", StringComparison.Ordinal));
        PutRight();
        Assert.Contains("popularity = -1 is below 0", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ArtifactManifest.FileName)]
    [InlineData(ModelArtifact.WeightsFileName)]
    [InlineData(ItemTable.FileName)]
    public void A_link_that_leads_out_is_not_followed(string name)
    {
        string path = Path.Combine(Artifact, name), outside = _folder.File("outside");
        File.Move(path, outside);
        foreach (string target in new[] { outside, "../outside" })
        {
            File.CreateSymbolicLink(path, target);
            Assert.Contains("is a link that may lead out of", Refusal(), StringComparison.Ordinal);
            File.Delete(path);
        }
    }

    [Fact]
    public void A_folder_that_leads_out_is_not_followed()
    {
        Directory.CreateDirectory(_folder.File("elsewhere"));
        File.WriteAllText(Path.Combine(_folder.File("elsewhere"), "x"), "x");
        Directory.CreateSymbolicLink(Path.Combine(Artifact, "index"), _folder.File("elsewhere"));
        Change(manifest => manifest["files"]!.AsArray().Add(new JsonObject { ["name"] = "index/x", ["length"] = 1, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData("x"u8)) }));
        Assert.Contains("is a link that may lead out of", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_among_its_own_files_are_followed_and_the_folder_may_be_one()
    {
        // As volumes of a cluster are made: file → ..data/file, ..data → a folder of a version.
        string version = Path.Combine(Artifact, "..2026");
        Directory.CreateDirectory(version);
        foreach (string file in Directory.GetFiles(Artifact))
        {
            File.Move(file, Path.Combine(version, Path.GetFileName(file)));
            File.CreateSymbolicLink(file, Path.Combine("..data", Path.GetFileName(file)));
        }

        Directory.CreateSymbolicLink(Path.Combine(Artifact, "..data"), "..2026");
        Directory.CreateSymbolicLink(_folder.File("current"), "model");
        using ModelArtifact artifact = ModelArtifact.Load(_folder.File("current"));
        Assert.Equal(SmallModel.Items, artifact.Items.Count);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/null")]
    public void A_device_is_no_file(string device)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "devices of Linux");
        File.Delete(ManifestFile);
        File.CreateSymbolicLink(ManifestFile, device);
        Assert.Contains("is a link that may lead out of", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_a_file_of_its_own_that_is_none_is_refused()
    {
        File.Move(ManifestFile, Path.Combine(Artifact, "other"));
        File.WriteAllText(Path.Combine(Artifact, "empty"), "");
        File.CreateSymbolicLink(ManifestFile, "empty");
        Assert.Contains("is empty, or no file", Refusal(), StringComparison.Ordinal);
        File.Delete(ManifestFile);
        File.CreateSymbolicLink(ManifestFile, ArtifactManifest.FileName);
        Assert.Contains("is a link that may lead out of", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_none()
    {
        File.WriteAllText(ManifestFile, "");
        Assert.Contains("is empty, or no file", Refusal(), StringComparison.Ordinal);
    }

    private string Refusal() => Assert.Throws<InvalidInputException>(() => ModelArtifact.Load(Artifact)).Message;

    private void Change(Action<JsonObject> change)
    {
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(ManifestFile))!.AsObject();
        change(manifest);
        File.WriteAllText(ManifestFile, manifest.ToJsonString());
    }

    private void PutRight() => Change(manifest =>
    {
        foreach (JsonNode? file in manifest["files"]!.AsArray())
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(Artifact, (string)file!["name"]!));
            (file["length"], file["sha256"]) = (bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
    });
}
