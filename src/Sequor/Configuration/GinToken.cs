namespace Sequor.Configuration;

internal enum GinTokenKind
{
    Name,
    Literal,
    Symbol,
    NewLine,
    End,
}

/// <summary>A word of a gin file; <see cref="Value"/> is there for literals.</summary>
internal readonly record struct GinToken(GinTokenKind Kind, string Text, int Line, GinValue? Value = null)
{
    public bool Is(char symbol) => Kind == GinTokenKind.Symbol && Text[0] == symbol;

    public override string ToString() => Kind switch
    {
        GinTokenKind.NewLine => "the end of the line",
        GinTokenKind.End => "the end of the text",
        _ => $"`{GinError.Quote(Text)}`",
    };
}
