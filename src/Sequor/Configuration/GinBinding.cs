namespace Sequor.Configuration;

/// <summary>One statement <c>scope/name = value</c> and where it stands.</summary>
/// <param name="Scope">What precedes the last slash; empty for most bindings.</param>
/// <param name="Name">The dotted name, such as <c>hstu_encoder.num_heads</c>.</param>
/// <param name="Value">The value, macros replaced.</param>
/// <param name="File">The file as it was named, or <c>--set</c>.</param>
/// <param name="Line">Line of the name, from 1.</param>
public sealed record GinBinding(string Scope, string Name, GinValue Value, string File, int Line)
{
    /// <summary><c>file:line</c>, as messages show it.</summary>
    public string Location => GinError.Location(File, Line);
}

/// <summary>A gin file and all it includes, as statements in order.</summary>
/// <param name="Bindings">The bindings; a later one of the same name prevails.</param>
/// <param name="Notices">Sentences about statements that have no effect, such as imports.</param>
public sealed record GinDocument(IReadOnlyList<GinBinding> Bindings, IReadOnlyList<string> Notices);
