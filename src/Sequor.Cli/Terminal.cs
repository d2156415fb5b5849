using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Sequor.Cli;

/// <summary>Where a command writes: results to the output, messages to the error stream, bars only for people who watch.</summary>
internal sealed class Terminal
{
    // Wide enough for every table; a file does not wrap.
    private const int RedirectedWidth = 160;

    // Titles and names such as "hr@10_>=4" are for people, and no browser reads them here.
    private static readonly JsonWriterOptions ReadableJson = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes to the given streams; an interactive terminal is one that a person watches.</summary>
    public Terminal(TextWriter output, TextWriter error, bool isInteractive, CancellationToken cancellation)
    {
        Output = output;
        Error = error;
        IsInteractive = isInteractive;
        Cancellation = cancellation;
        Screen = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isInteractive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isInteractive) Screen.Profile.Width = RedirectedWidth;
    }

    /// <summary>Results.</summary>
    public TextWriter Output { get; }

    /// <summary>Messages.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person watches the output.</summary>
    public bool IsInteractive { get; }

    /// <summary>Cancelled when the person interrupts.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The output as something that can draw.</summary>
    public IAnsiConsole Screen { get; }

    /// <summary>Writes a line of the result.</summary>
    public void Say(string line = "") => Screen.Write(new Text(line + "\n"));

    /// <summary>Writes a sentence to the error stream.</summary>
    public void Notice(string sentence) => Error.WriteLine($"note: {sentence}");

    /// <summary>Draws a table or another shape.</summary>
    public void Draw(IRenderable shape) => Screen.Write(shape);

    /// <summary>Writes one JSON object.</summary>
    public void WriteJson(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ReadableJson))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        Output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }
}
