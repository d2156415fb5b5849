using System.Text;
using Sequor.Fuzz.Mutation;
using Sequor.Preparation;
using Sequor.Preparation.Reading;
using Sequor.Server.Http;

namespace Sequor.Fuzz.Readers;

/// <summary>The fields of tables and of lists of keys, which are read value by value.</summary>
internal sealed class ValueReader(Workspace workspace) : FuzzReader("values", workspace)
{
    private static readonly string[] s_valid =
    [
        "978300019", "978300019.5", "9.64982703E8", "2014-03-01 12:30:00", "2014-03-01T12:30:00.123+02:00", "2014-03-01", "1700000000000", "-1", "a,b,\"c \"\"d\"\"\",e",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ];

    public override FuzzInput Make(FuzzRandom random) => FuzzInput.Of(TextMutator.MutateBytes(random, random.Of<string>(s_valid), s_valid));

    public override void Read(FuzzInput input)
    {
        string text = Encoding.UTF8.GetString(input.Bytes);
        foreach (TimeUnit unit in Enum.GetValues<TimeUnit>())
            if (TimeText.TryParse(input.Bytes, unit, out long microseconds)) Require(microseconds is >= 0 and < TimeText.End, "a time before 1970 or after 2199");
        _ = TimeText.Guess([text]);
        foreach (string field in CsvLine.Split(text)) Require(field.Length <= text.Length, "a field longer than its line");
        try
        {
            _ = new ApiKeys(ApiKeys.Split(text)).AreAsked;
        }
        catch (InvalidInputException refusal)
        {
            Require(text.Length < 20 || !refusal.Message.Contains(text, StringComparison.Ordinal), "a key is shown in a message");
            throw;
        }
    }
}
