using System.Text;

namespace Sequor.Configuration;

/// <summary>Reads the statements of one text, by recursive descent with a bounded depth.</summary>
internal sealed class GinStatements
{
    private const int DeepestNesting = 48;

    private readonly GinLexer _lexer;
    private readonly string _file;
    private readonly GinReading _reading;
    private GinToken _token;

    public GinStatements(string text, string file, GinReading reading)
    {
        _lexer = new GinLexer(text, file);
        _file = file;
        _reading = reading;
        Advance();
    }

    public void ReadAll()
    {
        while (_token.Kind != GinTokenKind.End)
        {
            if (_token.Kind == GinTokenKind.NewLine) Advance();
            else Statement();
        }
    }

    /// <summary>Reads exactly one binding, as an override is.</summary>
    public void ReadOne()
    {
        GinToken name = _token;
        if (name.Kind != GinTokenKind.Name) throw Error(name, $"{name} is not name=value");
        Advance();
        Binding(name);
        if (_token.Kind != GinTokenKind.End) throw Error(_token, $"{_token} stands behind the value: one override holds one name=value");
    }

    private void Statement()
    {
        GinToken name = _token;
        if (name.Kind != GinTokenKind.Name)
        {
            throw Error(name, $"{name} does not begin a statement: expected name = value, include or import");
        }

        Advance();
        if (name.Text == "include" && _token.Value is GinText) Include(name);
        else if (name.Text is "import" or "from" && _token.Kind == GinTokenKind.Name) Import(name);
        else Binding(name);
        if (_token.Kind is not (GinTokenKind.NewLine or GinTokenKind.End))
        {
            throw Error(_token, $"{_token} stands behind the statement: expected the end of the line");
        }
    }

    private void Binding(GinToken name)
    {
        if (!_token.Is('=')) throw Error(name, $"{name} is followed by {_token}: expected `=` and a value");
        Advance();
        _reading.Bind(name.Text, Value(0), _file, name.Line);
    }

    private void Include(GinToken keyword)
    {
        string path = ((GinText)Value(0)).Value;
        _reading.Include(path, _file, keyword.Line);
    }

    private void Import(GinToken keyword)
    {
        var statement = new StringBuilder(keyword.Text);
        for (; _token.Kind == GinTokenKind.Name; Advance()) statement.Append(' ').Append(_token.Text);
        _reading.Note($"`{GinError.Quote(statement.ToString())}` is ignored: Sequor runs no Python ({GinError.Location(_file, keyword.Line)})");
    }

    private GinValue Value(int depth)
    {
        GinToken token = _token;
        if (depth > DeepestNesting) throw Error(token, $"{token} is nested deeper than {DeepestNesting} brackets");
        Advance();
        if (token.Value is GinText text) return Concatenation(text);
        if (token.Value is not null) return token.Value;
        if (token.Kind == GinTokenKind.Name)
        {
            return token.Text switch
            {
                "True" => new GinBoolean(true),
                "False" => new GinBoolean(false),
                "None" => new GinNone(),
                _ => throw Error(token, $"{token} is not a value: write a string in quotes, a macro as %NAME, a reference as @name"),
            };
        }

        return token.Kind != GinTokenKind.Symbol ? throw Unexpected(token) : token.Text[0] switch
        {
            '-' or '+' => Signed(token),
            '@' => Reference(token),
            '%' => new GinMacro(Selector(token), token.Line),
            '[' => new GinList(Items(token, ']', depth, out _)),
            '(' => Parenthesised(token, depth),
            '{' => Dictionary(token, depth),
            _ => throw Unexpected(token),
        };
    }

    /// <summary>Strings that stand side by side are one string.</summary>
    private GinText Concatenation(GinText first)
    {
        if (_token.Value is not GinText) return first;
        var joined = new StringBuilder(first.Value);
        for (; _token.Value is GinText next; Advance()) joined.Append(next.Value);
        return new GinText(joined.ToString());
    }

    private GinValue Signed(GinToken sign)
    {
        GinToken number = _token;
        Advance();
        return number.Value switch
        {
            GinInteger integer => new GinInteger(sign.Is('-') ? -integer.Value : integer.Value),
            GinFloat real => new GinFloat(sign.Is('-') ? -real.Value : real.Value),
            _ => throw Error(sign, $"{sign} is followed by {number}: expected a number"),
        };
    }

    private GinReference Reference(GinToken at)
    {
        string target = Selector(at);
        if (!_token.Is('(')) return new GinReference(target, IsCall: false);
        Advance();
        if (!_token.Is(')'))
        {
            throw Error(_token, $"@{GinError.Quote(target)}( is followed by {_token}: expected `)`; gin passes no arguments here");
        }

        Advance();
        return new GinReference(target, IsCall: true);
    }

    private string Selector(GinToken mark)
    {
        if (_token.Kind != GinTokenKind.Name) throw Error(mark, $"{mark} is followed by {_token}: expected a name");
        string name = _token.Text;
        Advance();
        return name;
    }

    private GinValue Parenthesised(GinToken open, int depth)
    {
        List<GinValue> items = Items(open, ')', depth, out bool comma);
        return items.Count == 1 && !comma ? items[0] : new GinTuple(items);
    }

    private List<GinValue> Items(GinToken open, char close, int depth, out bool comma)
    {
        var items = new List<GinValue>();
        comma = false;
        while (!_token.Is(close))
        {
            items.Add(ItemOf(open, depth));
            comma = Comma(open, close);
        }

        Advance();
        return items;
    }

    private GinDictionary Dictionary(GinToken open, int depth)
    {
        var items = new List<KeyValuePair<GinValue, GinValue>>();
        while (!_token.Is('}'))
        {
            GinValue key = ItemOf(open, depth);
            if (!_token.Is(':')) throw Error(_token, $"{_token} stands where a dictionary needs `:` and a value");
            Advance();
            items.Add(new(key, ItemOf(open, depth)));
            Comma(open, '}');
        }

        Advance();
        return new GinDictionary(items);
    }

    private GinValue ItemOf(GinToken open, int depth) => _token.Kind == GinTokenKind.End ? throw NeverClosed(open) : Value(depth + 1);

    private bool Comma(GinToken open, char close)
    {
        if (_token.Is(',')) Advance();
        else if (_token.Kind == GinTokenKind.End) throw NeverClosed(open);
        else if (!_token.Is(close)) throw Error(_token, $"{_token} stands where `,` or `{close}` was expected");
        else return false;
        return true;
    }

    private void Advance() => _token = _lexer.Next();

    private InvalidInputException NeverClosed(GinToken open) => Error(open, $"{open} is never closed");

    private InvalidInputException Unexpected(GinToken token) => Error(token, $"{token} stands where a value was expected");

    private InvalidInputException Error(GinToken token, string sentence) => GinError.At(_file, token.Line, sentence);
}
