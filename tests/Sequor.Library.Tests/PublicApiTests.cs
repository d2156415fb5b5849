using System.Reflection;
using PublicApiGenerator;
using Sequor.Preparation;
using Sequor.Server;
using Sequor.Serving;
using Xunit;

namespace Sequor.Library.Tests;

/// <summary>
/// What each package shows to others stands in a text, so that a change of it is seen by whoever reads the diff. To accept one:
/// <c>SEQUOR_ACCEPT_API=1 dotnet run -c Release --project tests/Sequor.Library.Tests -- -class '*PublicApiTests'</c>, and commit the texts.
/// </summary>
public class PublicApiTests
{
    [Theory]
    [InlineData(typeof(Recommender))]
    [InlineData(typeof(DatasetPreparer))]
    [InlineData(typeof(SequorServer))]
    public void The_public_surface_is_the_one_that_was_accepted(Type typeOfPackage)
    {
        Assembly package = typeOfPackage.Assembly;
        string name = package.GetName().Name!, path = Repository.File("tests", "Sequor.Library.Tests", "PublicApi", name + ".txt");
        string now = package.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false, DenyNamespacePrefixes = ["System", "Microsoft"] }).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("SEQUOR_ACCEPT_API") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, now);
        }

        string[] accepted = File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n'), found = now.Split('\n');
        string[] gone = [.. accepted.Except(found)], added = [.. found.Except(accepted)];
        Assert.True(
            accepted.SequenceEqual(found),
            $"the public surface of {name} has changed; if it should, run this with SEQUOR_ACCEPT_API=1 and commit {Path.GetRelativePath(Repository.Root, path)}\n"
            + string.Join('\n', gone.Select(line => "- " + line.Trim()).Concat(added.Select(line => "+ " + line.Trim()))));
    }
}
