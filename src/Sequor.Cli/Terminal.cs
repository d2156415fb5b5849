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
        Screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
    }

    /// <summary>Results.</summary>
    public TextWriter Output { get; }

    /// <summary>Messages.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person watches the output.</summary>
    public bool IsInteractive { get; }

    /// <summary>Cancelled when the person interrupts.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The output as something that can draw and move, for an interactive terminal.</summary>
    public IAnsiConsole Screen { get; }

    /// <summary>Writes a line of the result, above the bar if there is one.</summary>
    public void Say(string line)
    {
        if (IsInteractive) Screen.Write(new Text(line + "\n"));
        else Output.WriteLine(line);
    }

    /// <summary>Writes a sentence to the error stream.</summary>
    public void Notice(string sentence) => Error.WriteLine($"note: {sentence}");

    /// <summary>Draws a table or another shape: into a file as plain lines that do not wrap, without blanks at their ends.</summary>
    public void Draw(IRenderable shape)
    {
        if (IsInteractive)
        {
            Screen.Write(shape);
            return;
        }

        using var text = new StringWriter();
        IAnsiConsole page = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No,
        });
        page.Profile.Width = RedirectedWidth;
        page.Write(shape);
        foreach (string line in text.ToString().Split('\n'))
        {
            if (!string.IsNullOrWhiteSpace(line)) Output.WriteLine(line.TrimEnd());
        }
    }

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
