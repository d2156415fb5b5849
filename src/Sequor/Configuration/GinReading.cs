using System.Text;

namespace Sequor.Configuration;

/// <summary>The statements gathered so far from a file, its includes and overrides.</summary>
internal sealed class GinReading(bool mayInclude = true)
{
    /// <summary>What stands for file and line in a message about an override.</summary>
    public const string OverrideSource = "--set";

    private const int LargestFile = 4 << 20;
    private const int DeepestInclude = 32;
    private const int MostIncludes = 256;

    private readonly List<GinBinding> _bindings = [];
    private readonly List<string> _notices = [];
    private readonly GinMacros _macros = new();
    private readonly List<string> _openFiles = [];
    private int _includes;

    public void AddFile(string path) => AddFile(path, error => new InvalidInputException($"{path} {error}: name a .gin file that exists"));

    public void AddText(string text, string file) => new GinStatements(text, file, this).ReadAll();

    public void AddOverride(string statement)
    {
        int equals = statement.IndexOf('=', StringComparison.Ordinal);
        string value = equals < 0 ? "" : statement[(equals + 1)..].Trim();
        // A shell takes the quotes away: a bare word can only be a string.
        if (IsBareWord(value)) statement = statement[..(equals + 1)] + new GinText(value);
        new GinStatements(statement, OverrideSource, this).ReadOne();
    }

    public void Bind(string selector, GinValue value, string file, int line)
    {
        int slash = selector.LastIndexOf('/');
        string name = selector[(slash + 1)..];
        if (!name.Contains('.', StringComparison.Ordinal)) _macros.Define(selector, value, file, line);
        else _bindings.Add(new GinBinding(slash < 0 ? "" : selector[..slash], name, value, file, line));
    }

    public void Note(string notice) => _notices.Add(notice);

    public void Include(string path, string includingFile, int line)
    {
        string resolved = Path.Combine(Path.GetDirectoryName(includingFile) ?? "", path);
        string quoted = GinError.Quote(path);
        if (!mayInclude) throw GinError.At(includingFile, line, $"include \"{quoted}\" stands in a text that is no file of its own: such a text includes nothing");
        if (++_includes > MostIncludes) throw GinError.At(includingFile, line, $"include \"{quoted}\" is one of more than {MostIncludes}");
        if (_openFiles.Count >= DeepestInclude)
        {
            throw GinError.At(includingFile, line, $"include \"{quoted}\" is nested deeper than {DeepestInclude} files");
        }

        AddFile(resolved, error => GinError.At(includingFile, line, $"include \"{quoted}\": {resolved} {error}"));
    }

    public GinDocument Complete()
    {
        GinBinding[] bindings = [.. _bindings.Select(binding => binding with { Value = _macros.Resolve(binding.Value, binding.File, binding.Line) })];
        return new GinDocument(bindings, [.. _notices, .. _macros.Complete()]);
    }

    private void AddFile(string path, Func<string, InvalidInputException> failure)
    {
        string text = ReadText(path, failure);
        string identity = Path.GetFullPath(path);
        if (_openFiles.Contains(identity)) throw failure("includes itself, directly or through others");
        _openFiles.Add(identity);
        AddText(text, path);
        _openFiles.RemoveAt(_openFiles.Count - 1);
    }

    private static string ReadText(string path, Func<string, InvalidInputException> failure)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            using var bytes = new MemoryStream();
            byte[] part = new byte[4096];
            // A pipe does not say how much there will be, and the size of a file may be a lie.
            for (int read; (read = stream.Read(part)) > 0; bytes.Write(part, 0, read))
                if (bytes.Length + read > LargestFile) throw failure($"is larger than {LargestFile >> 20} MB");
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw failure(error switch
            {
                FileNotFoundException or DirectoryNotFoundException => "does not exist",
                DecoderFallbackException => "is not UTF-8 text",
                _ => $"cannot be read ({error.Message})",
            });
        }
    }

    private static bool IsBareWord(string text) =>
        text.Length > 0 && char.IsAsciiLetter(text[0]) && text is not ("True" or "False" or "None")
        && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.' or '/');
}
