using System.Reflection;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Accounts for every file of the golden folder: run, or named here with the reason.</summary>
public class UnbuiltCasesTests
{
    private static readonly (string Prefix, string Reason)[] s_unbuilt =
    [
        ("INDEX", "the list of cases"),
        ("dataset_", "run by Data/GoldenDatasetTests"),
    ];

    [Fact]
    public void Every_case_is_run_or_named_as_unbuilt()
    {
        HashSet<string> run = [.. RunCases()];
        List<string> unknown = [];
        foreach (string name in GoldenCase.AllNames)
        {
            string? reason = s_unbuilt.Where(kind => name.StartsWith(kind.Prefix, StringComparison.Ordinal)).Select(kind => kind.Reason).FirstOrDefault();
            if (run.Contains(name)) TestContext.Current.TestOutputHelper?.WriteLine($"run      {name}");
            else if (reason is not null) TestContext.Current.TestOutputHelper?.WriteLine($"not run  {name}: {reason}");
            else unknown.Add(name);
        }
        Assert.True(unknown.Count == 0, "neither run nor named: " + string.Join(", ", unknown));
    }

    // A case is run when a theory of this namespace has it among its data.
    private static IEnumerable<string> RunCases() =>
        from type in typeof(UnbuiltCasesTests).Assembly.GetTypes()
        where type.Namespace == typeof(UnbuiltCasesTests).Namespace
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Static)
        where property.PropertyType == typeof(TheoryData<string>)
        from row in (TheoryData<string>)property.GetValue(null)!
        select row.Data;
}
