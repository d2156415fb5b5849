using Sequor.Data;
using Sequor.Preparation.Sets;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class UserListTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Users_of_users_dat_are_written_with_the_codes_of_the_reference()
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "Golden", "ml-1m"), written = folder.File("out.csv");
        using (SequenceStore store = Prepared.Open(KnownDatasets.Create("ml-1m", golden), folder.File("s"), verify: false))
        {
            SequenceCsv.Write(store, written, TestContext.Current.CancellationToken);
        }

        string[] reference = File.ReadAllLines(Path.Combine(golden, "sasrec_format.csv")), found = File.ReadAllLines(written);
        Assert.Equal(reference[0], found[0]);
        // Rows are shuffled in the reference, and its ratings have no fraction; what follows the lists is the users' own.
        Assert.Equal(reference[1..].Select(Own).Order(StringComparer.Ordinal), found[1..].Select(Own).Order(StringComparer.Ordinal));
        Assert.Equal(7, found.Length - 1);

        static string Own(string line) => line.Split(',')[1] + line[(line.LastIndexOf('"') + 1)..];
    }

    [Fact]
    public void Codes_that_the_reference_wrote_are_read_back_as_attributes()
    {
        using var store = Prepared.Open(new SequenceCsvSource(Path.Combine(AppContext.BaseDirectory, "Golden", "ml-1m", "sasrec_format.csv")), folder.File("s"));
        Assert.Equal([("sex", 2), ("age_group", 4), ("occupation", 3), ("zip_code", 4)], store.UserAttributes.Select(attribute => (attribute.Name, attribute.ValueCount)));
        Assert.True(store.TryFindUser("6", out int user));
        Assert.Equal(["1", "2", "0", "3"], store.UserAttributes.Select(attribute => Assert.Single(attribute.ValuesAt(user))));
    }

    [Fact]
    public void Users_of_u_user_have_age_sex_occupation_and_zip_code_and_those_not_listed_have_none()
    {
        string path = folder.Write("u.user", "1|24|M|technician|85711\n2|53|F||94043\n");
        IReadOnlyList<CategoricalAttribute> found = UserList.ReadMovieLens(path).AttributesOf(["2", "9", "1"]);
        Assert.Equal(["age: 53||24", "sex: F||M", "occupation: ||technician", "zip_code: 94043||85711"], found.Select(attribute =>
            $"{attribute.Name}: {string.Join('|', Enumerable.Range(0, 3).Select(row => string.Join(',', attribute.ValuesAt(row))))}"));
    }

    [Theory]
    [InlineData("1::F::1::10::48067\n2::F::1::10\n", "must be a user id and sex, age_group, occupation, zip_code, separated by '::'")]
    [InlineData("1::F::1::10::48067\n1::F::1::10::48067\n", "user '1' stands twice")]
    public void A_line_that_is_no_user_is_named_by_file_and_line(string text, string message)
    {
        string path = folder.Write("users.dat", text);
        var error = Assert.Throws<InvalidInputException>(() => UserList.ReadMovieLens(path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"({path}:2)", error.Message, StringComparison.Ordinal);
    }
}
