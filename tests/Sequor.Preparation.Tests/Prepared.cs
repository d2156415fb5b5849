using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>Short ways to prepare and to look.</summary>
internal static class Prepared
{
    public static PreparationSummary Prepare(DatasetSource source, string output, bool verify = true) =>
        DatasetPreparer.Prepare(new PreparationRequest { Source = source, Output = output, Verify = verify, ThreadCount = 1 }, null, TestContext.Current.CancellationToken);

    public static SequenceStore Open(DatasetSource source, string output, bool verify = true)
    {
        Prepare(source, output, verify);
        return SequenceStore.Open(output);
    }

    /// <summary>Item ids of every user: <c>user: a b c</c>.</summary>
    public static string[] Lines(SequenceStore store)
    {
        string[] lines = new string[store.UserCount];
        for (int user = 0; user < lines.Length; user++)
        {
            lines[user] = $"{store.UserId(user)}: {string.Join(' ', store[user].Items.ToArray().Select(store.Items.Id))}";
        }

        return lines;
    }

    /// <summary>Values of the items of every attribute: <c>name: a,b|c</c>.</summary>
    public static string[] Attributes(SequenceStore store) =>
    [
        .. store.Items.Attributes.Select(attribute =>
            $"{attribute.Name}: {string.Join('|', Enumerable.Range(1, store.Items.Count).Select(item => string.Join(',', attribute.ValuesAt(item - 1))))}"),
    ];

    public static string RequireData()
    {
        string? data = Environment.GetEnvironmentVariable("SEQUOR_DATA");
        if (data is null) Assert.Skip("SEQUOR_DATA is not set");
        return data;
    }
}
