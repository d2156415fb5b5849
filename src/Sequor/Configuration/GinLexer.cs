using System.Text;

namespace Sequor.Configuration;

/// <summary>Cuts gin text into words as Python's tokenizer does: a line break inside brackets or behind <c>\</c> is a space.</summary>
internal sealed class GinLexer
{
    private readonly string _text;
    private readonly string _file;
    private int _position;
    private int _line = 1;
    private int _openBrackets;

    public GinLexer(string text, string file)
    {
        _text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _file = file;
    }

    public GinToken Next()
    {
        while (_position < _text.Length)
        {
            char character = _text[_position];
            if (character is ' ' or '\t' or '\f') _position++;
            else if (character == '#') SkipComment();
            else if (character == '\n')
            {
                var newLine = new GinToken(GinTokenKind.NewLine, "\n", _line++);
                _position++;
                if (_openBrackets == 0) return newLine;
            }
            else if (character == '\\') SkipContinuation();
            else return Word(character);
        }

        return new GinToken(GinTokenKind.End, "", _line);
    }

    private GinToken Word(char first)
    {
        if (first is '"' or '\'') return String(raw: false);
        if (IsNameStart(first)) return NameOrPrefixedString();
        if (char.IsAsciiDigit(first) || (first == '.' && char.IsAsciiDigit(Peek(1)))) return Number();
        if (!"=@%()[]{},:+-".Contains(first, StringComparison.Ordinal))
        {
            throw Error(_line, $"`{GinError.Quote(first.ToString())}` does not begin anything in gin");
        }

        if (first is '(' or '[' or '{') _openBrackets++;
        if (first is ')' or ']' or '}' && _openBrackets > 0) _openBrackets--;
        _position++;
        return new GinToken(GinTokenKind.Symbol, first.ToString(), _line);
    }

    private GinToken NameOrPrefixedString()
    {
        int start = _position;
        while (IsNamePart(Peek(0)) || (Peek(0) is '.' or '/' && IsNameStart(Peek(1)))) _position++;
        string name = _text[start.._position];
        if (Peek(0) is '"' or '\'')
        {
            if (name is "r" or "R") return String(raw: true);
            if (name is "u" or "U") return String(raw: false);
            throw Error(_line, $"`{GinError.Quote(name)}` is not a string prefix: only r and u are");
        }

        return new GinToken(GinTokenKind.Name, name, _line);
    }

    private GinToken Number()
    {
        int start = _position;
        bool hexadecimal = Peek(0) == '0' && Peek(1) is 'x' or 'X';
        while (char.IsAsciiLetterOrDigit(Peek(0)) || Peek(0) is '_' or '.'
            || (!hexadecimal && Peek(0) is '+' or '-' && _text[_position - 1] is 'e' or 'E'))
        {
            _position++;
        }

        string text = _text[start.._position];
        GinValue value = GinNumber.Read(text) ?? throw Error(_line, $"`{GinError.Quote(text)}` is not a number that gin knows, or it is too large");
        return new GinToken(GinTokenKind.Literal, text, _line, value);
    }

    private GinToken String(bool raw)
    {
        int start = _position, startLine = _line;
        char quote = _text[_position];
        bool triple = Peek(1) == quote && Peek(2) == quote;
        _position += triple ? 3 : 1;
        var value = new StringBuilder();
        while (true)
        {
            char character = Peek(0);
            if (_position >= _text.Length || (character == '\n' && !triple))
            {
                throw Error(startLine, $"`{GinError.Quote(_text[start.._position])}` is a string without its closing quote");
            }

            if (character == quote && (!triple || (Peek(1) == quote && Peek(2) == quote))) break;
            if (character == '\n') _line++;
            if (character == '\\' && !raw) Escape(value);
            else
            {
                value.Append(character);
                _position++;
                // A raw string keeps its backslash, which still protects the quote that follows.
                if (character == '\\' && (Peek(0) == quote || Peek(0) == '\\')) value.Append(_text[_position++]);
            }
        }

        _position += triple ? 3 : 1;
        return new GinToken(GinTokenKind.Literal, _text[start.._position], startLine, new GinText(value.ToString()));
    }

    private void Escape(StringBuilder value)
    {
        char escape = Peek(1);
        _position += 2;
        switch (escape)
        {
            case '\n': _line++; break;
            case '\\' or '\'' or '"': value.Append(escape); break;
            case 'n': value.Append('\n'); break;
            case 't': value.Append('\t'); break;
            case 'r': value.Append('\r'); break;
            case 'a': value.Append('\a'); break;
            case 'b': value.Append('\b'); break;
            case 'f': value.Append('\f'); break;
            case 'v': value.Append('\v'); break;
            case 'x': value.Append(CodePoint(escape, 2)); break;
            case 'u': value.Append(CodePoint(escape, 4)); break;
            case 'U': value.Append(CodePoint(escape, 8)); break;
            case >= '0' and <= '7':
                int octal = escape - '0';
                for (int i = 0; i < 2 && Peek(0) is >= '0' and <= '7'; i++) octal = (octal * 8) + _text[_position++] - '0';
                value.Append((char)octal);
                break;
            default: throw Error(_line, $"`\\{GinError.Quote(escape.ToString())}` is not an escape: write `\\\\` for a backslash");
        }
    }

    private string CodePoint(char escape, int digits)
    {
        ReadOnlySpan<char> text = _text.AsSpan(_position, Math.Min(digits, _text.Length - Math.Min(_position, _text.Length)));
        if (text.Length < digits || !uint.TryParse(text, System.Globalization.NumberStyles.AllowHexSpecifier, null, out uint code) || !Rune.IsValid(code))
        {
            throw Error(_line, $"`\\{escape}{GinError.Quote(text.ToString())}` is not a character: it needs {digits} hexadecimal digits of a Unicode scalar");
        }

        _position += digits;
        return new Rune(code).ToString();
    }

    private void SkipComment()
    {
        int end = _text.IndexOf('\n', _position);
        _position = end < 0 ? _text.Length : end;
    }

    private void SkipContinuation()
    {
        if (Peek(1) != '\n') throw Error(_line, "`\\` continues a line only as its last character");
        _position += 2;
        _line++;
    }

    private char Peek(int ahead) => _position + ahead < _text.Length ? _text[_position + ahead] : '\0';

    private static bool IsNameStart(char character) => char.IsLetter(character) || character == '_';

    private static bool IsNamePart(char character) => char.IsLetterOrDigit(character) || character == '_';

    private InvalidInputException Error(int line, string sentence) => GinError.At(_file, line, sentence);
}
