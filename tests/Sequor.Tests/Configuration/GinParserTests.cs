using Sequor.Configuration;
using Xunit;

namespace Sequor.Tests.Configuration;

public class GinParserTests
{
    [Theory]
    [InlineData("12", "12")]
    [InlineData("-12", "-12")]
    [InlineData("+12", "12")]
    [InlineData("1_000", "1000")]
    [InlineData("0xFF", "255")]
    [InlineData("0o17", "15")]
    [InlineData("0b101", "5")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("1e-3", "0.001")]
    [InlineData("1.5E+2", "150.0")]
    [InlineData(".5", "0.5")]
    [InlineData("1.", "1.0")]
    [InlineData("-1e-06", "-1e-06")]
    [InlineData("True", "True")]
    [InlineData("False", "False")]
    [InlineData("None", "None")]
    [InlineData("'it''s'", "\"its\"")]
    [InlineData("\"a\" 'b'", "\"ab\"")]
    [InlineData("\"tab\\t quote\\\" \\x41\\u00e9\\U0001F600\\101\"", "\"tab\\t quote\\\" Aé😀A\"")]
    [InlineData("r'a\\n'", "\"a\\\\n\"")]
    [InlineData("u'a'", "\"a\"")]
    [InlineData("'''two\nlines'''", "\"two\\nlines\"")]
    [InlineData("'one\\\nline'", "\"oneline\"")]
    [InlineData("[1, 2.0, [\"x\"], ()]", "[1, 2.0, [\"x\"], ()]")]
    [InlineData("(1)", "1")]
    [InlineData("(1,)", "(1,)")]
    [InlineData("(1, 2,)", "(1, 2)")]
    [InlineData("(\n  1, # one\n  2\n)", "(1, 2)")]
    [InlineData("{'a': 1, 2: [None]}", "{\"a\": 1, 2: [None]}")]
    [InlineData("{}", "{}")]
    [InlineData("@x/name.of_it", "@x/name.of_it")]
    [InlineData("@name()", "@name()")]
    [InlineData("\\\n 3", "3")]
    public void A_value_is_read_as_Python_reads_it(string text, string expected) =>
        Assert.Equal(expected, Assert.Single(GinParser.ParseText($"a.b = {text}", "x.gin").Bindings).Value.ToString());

    [Fact]
    public void Bindings_keep_their_order_scope_and_line()
    {
        IReadOnlyList<GinBinding> bindings = GinParser.ParseText("# head\r\na.b = 1 # tail\r\n\r\nouter/inner/c.d.e=2", "x.gin").Bindings;
        Assert.Equal(
            [new GinBinding("", "a.b", new GinInteger(1), "x.gin", 2), new GinBinding("outer/inner", "c.d.e", new GinInteger(2), "x.gin", 4)],
            bindings);
    }

    [Fact]
    public void A_macro_has_its_last_value_everywhere() =>
        Assert.Equal("[2, 2]", GinParser.ParseText("a.b = [%N, %M]\nM = %N\nN = 1\nN = 2", "x.gin").Bindings[0].Value.ToString());

    [Fact]
    public void An_unused_macro_is_noticed_with_the_setting_that_may_be_meant() =>
        Assert.Equal(
            ["macro dqk is never used: did you mean hstu_encoder.dqk or fuxi_encoder.dqk? (x.gin:1)"],
            GinParser.ParseText("dqk = 3", "x.gin").Notices);

    [Theory]
    [InlineData("import generative_recommenders.research.trainer.train")]
    [InlineData("import a.b as c")]
    [InlineData("from a.b import c")]
    public void An_import_is_ignored_with_a_notice(string statement)
    {
        GinDocument document = GinParser.ParseText(statement, "x.gin");
        Assert.Empty(document.Bindings);
        Assert.Equal([$"`{statement}` is ignored: Sequor runs no Python (x.gin:1)"], document.Notices);
    }

    [Theory]
    [InlineData("a.b 1", "`a.b` is followed by `1`: expected `=` and a value (x.gin:1)")]
    [InlineData("\na.b =", "the end of the text stands where a value was expected (x.gin:2)")]
    [InlineData("a.b = HSTU", "`HSTU` is not a value: write a string in quotes, a macro as %NAME, a reference as @name (x.gin:1)")]
    [InlineData("a.b = 1 2", "`2` stands behind the statement: expected the end of the line (x.gin:1)")]
    [InlineData("= 1", "`=` does not begin a statement: expected name = value, include or import (x.gin:1)")]
    [InlineData("a.b = 012", "`012` is not a number that gin knows, or it is too large (x.gin:1)")]
    [InlineData("a.b = 1__0", "`1__0` is not a number that gin knows, or it is too large (x.gin:1)")]
    [InlineData("a.b = 1e999", "`1e999` is not a number that gin knows, or it is too large (x.gin:1)")]
    [InlineData("a.b = 'open", "`'open` is a string without its closing quote (x.gin:1)")]
    [InlineData("a.b = 'x\\q'", "`\\q` is not an escape: write `\\\\` for a backslash (x.gin:1)")]
    [InlineData("a.b = '\\ud800'", "`\\ud800` is not a character: it needs 4 hexadecimal digits of a Unicode scalar (x.gin:1)")]
    [InlineData("a.b = b'x'", "`b` is not a string prefix: only r and u are (x.gin:1)")]
    [InlineData("a.b = \n 1", "the end of the line stands where a value was expected (x.gin:1)")]
    [InlineData("a.b = [1, 2\nc.d = 3", "`c.d` stands where `,` or `]` was expected (x.gin:2)")]
    [InlineData("a.b = [1,", "`[` is never closed (x.gin:1)")]
    [InlineData("a.b = {1}", "`}` stands where a dictionary needs `:` and a value (x.gin:1)")]
    [InlineData("a.b = @f(1)", "@f( is followed by `1`: expected `)`; gin passes no arguments here (x.gin:1)")]
    [InlineData("a.b = @", "`@` is followed by the end of the text: expected a name (x.gin:1)")]
    [InlineData("a.b = -'x'", "`-` is followed by `'x'`: expected a number (x.gin:1)")]
    [InlineData("a.b = 1 \\ 2", "`\\` continues a line only as its last character (x.gin:1)")]
    [InlineData("a.b = $", "`$` does not begin anything in gin (x.gin:1)")]
    [InlineData("RATE = 1\n\na.b = %RATES", "macro %RATES is not defined: did you mean %RATE? (x.gin:3)")]
    [InlineData("a.b = %N", "macro %N is not defined: define it as N = value (x.gin:1)")]
    [InlineData("N = [%N]\na.b = %N", "macros are nested deeper than 64, or one of them contains itself (x.gin:2)")]
    public void Malformed_text_ends_in_the_text_the_rule_and_the_line(string text, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidInputException>(() => GinParser.ParseText(text, "x.gin")).Message);

    [Fact]
    public void Nesting_is_bounded() =>
        Assert.Contains(
            "nested deeper than 48 brackets (x.gin:1)",
            Assert.Throws<InvalidInputException>(() => GinParser.ParseText("a.b = " + new string('[', 1_000_000), "x.gin")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Macros_that_double_at_each_step_are_bounded()
    {
        string text = string.Concat(Enumerable.Range(0, 25).Select(i => $"M{i} = [%M{i + 1}, %M{i + 1}]\n")) + "M25 = 1\na.b = %M0";
        Assert.Contains("more than 100000 parts", Assert.Throws<InvalidInputException>(() => GinParser.ParseText(text, "x.gin")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_text_never_ends_in_anything_but_a_message()
    {
        const string seed = "N = 1e-3\nx/a.b = %N # c\ninclude 'no.gin'\nimport a.b\nc.d = [1, (2,), {'k': @f()}, \"a\\n\" 'b', -0x1F, None]\ne.f = '''t'''\\\n\n";
        const string alphabet = "\n\r\t '\"\\#=%@()[]{},:/._-+0123456789abefnrtuxNTU\0é\ud83d";
        var random = new Random(20260101);
        for (int run = 0; run < 20_000; run++)
        {
            var text = new System.Text.StringBuilder(seed);
            for (int edit = random.Next(1, 8); edit > 0; edit--)
            {
                int position = random.Next(text.Length);
                char character = alphabet[random.Next(alphabet.Length)];
                if (random.Next(3) == 0) text.Insert(position, character);
                else if (random.Next(2) == 0) text.Remove(position, Math.Min(random.Next(1, 6), text.Length - position));
                else text[position] = character;
            }

            try
            {
                GinParser.ParseText(text.ToString(), "x.gin");
            }
            catch (InvalidInputException error)
            {
                Assert.EndsWith(")", error.Message, StringComparison.Ordinal);
            }
        }
    }
}
