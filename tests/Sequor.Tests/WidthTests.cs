using System.Diagnostics;
using Sequor.Kernels;
using Sequor.Tests.Kernels;
using Sequor.Tests.Parity;
using Sequor.Tests.Retrieval;
using Xunit;

namespace Sequor.Tests;

/// <summary>Kernels, the index and parity once more in processes with narrower registers: this machine's own width is only one of three.</summary>
public class WidthTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX512", 8)]
    [InlineData("DOTNET_EnableAVX2", 4)]
    [InlineData("DOTNET_EnableHWIntrinsic", 4)]
    public void Kernels_and_parity_hold_with_narrower_registers(string knob, int widest)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, Path.GetFileNameWithoutExtension(typeof(WidthTests).Assembly.Location)))
        {
            RedirectStandardOutput = true,
        };
        foreach (string test in Classes())
        {
            start.ArgumentList.Add("-class");
            start.ArgumentList.Add(test);
        }
        // A foreign folder of cases may lack whole kinds, and the runner ends with 1 where a theory finds no data: the own cases do here.
        start.Environment.Remove("SEQUOR_GOLDEN");
        start.Environment[knob] = "0";
        start.Environment[ExpectedWidthTests.Variable] = Math.Min(widest, Simd.Width).ToString();
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0 && output.Contains("Failed: 0,", StringComparison.Ordinal), $"{knob}=0:{Environment.NewLine}{output}");
        TestContext.Current.TestOutputHelper?.WriteLine(output[output.LastIndexOf("Total:", StringComparison.Ordinal)..]);
    }

    // The worker pool has no vectors, and the count of cases no numbers.
    private static IEnumerable<string> Classes() =>
        from type in typeof(WidthTests).Assembly.GetTypes()
        where type.Namespace == typeof(ExpectedWidthTests).Namespace || type.Namespace == typeof(GoldenCase).Namespace
            || type == typeof(MipsBruteForceTests) || type == typeof(MixtureBruteForceTests)
        where type.IsPublic && type.Name.EndsWith("Tests", StringComparison.Ordinal)
        where type != typeof(WorkerPoolTests) && type != typeof(UnbuiltCasesTests)
        select type.FullName;
}
