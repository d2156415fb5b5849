using System.Text;
using System.Text.Json;

namespace Sequor.Fuzz.Mutation;

/// <summary>Changes a JSON document as a tree: members go, come twice, take other names, values other types, limits and depths.</summary>
internal static class JsonMutator
{
    /// <summary>A changed copy of a document; now and then its text is changed too.</summary>
    public static byte[] Mutate(FuzzRandom random, ReadOnlySpan<byte> valid, ReadOnlySpan<string> names = default)
    {
        var reader = new Utf8JsonReader(valid);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        Node root = Read(document.RootElement);
        for (int count = random.Count(); count > 0; count--) Once(random, root, names);
        var text = new StringBuilder();
        Write(root, text);
        return random.Once(8) ? TextMutator.MutateBytes(random, text.ToString(), names) : Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Once(FuzzRandom random, Node root, ReadOnlySpan<string> names)
    {
        var all = new List<Node>();
        Gather(root, all);
        bool full = all.Count > 2000;
        Node node = random.Of<Node>(all.ToArray()), other = random.Of<Node>(all.ToArray());
        switch (random.Below(9))
        {
            case 0: if (node.Children.Count > 0) node.Children.RemoveAt(random.Below(node.Children.Count)); break;
            case 1:
                if (node.Children.Count == 0) break;
                (string name, Node child) = node.Children[random.Below(node.Children.Count)];
                int times = full ? 0 : node.Kind == '[' && child.Children.Count < 4 && random.Once(4) ? 1000 : 1;
                for (; times > 0; times--) node.Children.Add((name, child.Copy()));
                break;
            case 2:
                if (node.Kind != '{' || node.Children.Count == 0) break;
                int at = random.Below(node.Children.Count);
                node.Children[at] = (names.IsEmpty || random.Once(2) ? node.Children[at].Name + random.Of<string>(["", "x", "\\ud800", "\\u0000", " "]) : random.Of(names), node.Children[at].Value);
                break;
            case 3:
            case 4: node.Become(random.Once(4) ? random.Of<string>(Extremes.Words.AsSpan(0, 10)) : Number(random)); break;
            case 5: if (!full) node.Become(other.Copy()); break;
            case 6:
                if (full) break;
                Node nested = node.Copy();
                for (int depth = random.Of<int>([1, 3, 15, 20, 70, 2000]); depth > 0; depth--)
                    nested = new Node { Kind = random.Once(3) ? '{' : '[', Children = [("a", nested)] };
                node.Become(nested);
                break;
            case 7: if (node.Raw is { Length: > 1 } raw && raw[0] == '"') node.Become($"\"{raw[1..^1]}{random.Of<string>(["\\n", "\\u001b", "\\ud800", "/..", "\\\\", "é", "x", " ", new string('y', 600)])}\""); break;
            default: if (node.Kind == '{' && !names.IsEmpty) node.Children.Add((random.Of(names), other.Copy())); break;
        }
    }

    // Python's and Go's readers know more words than JSON; half of the numbers are made up.
    private static string Number(FuzzRandom random) => random.Once(3) ? ((long)random.Next() >> random.Below(64)).ToString(System.Globalization.CultureInfo.InvariantCulture) : random.Of<string>(Extremes.Numbers);

    private static Node Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new Node { Kind = '{' };
                foreach (JsonProperty member in element.EnumerateObject()) members.Children.Add((JsonEncodedText.Encode(member.Name).ToString(), Read(member.Value)));
                return members;
            case JsonValueKind.Array:
                var items = new Node { Kind = '[' };
                foreach (JsonElement item in element.EnumerateArray()) items.Children.Add(("", Read(item)));
                return items;
            default: return new Node { Raw = element.GetRawText() };
        }
    }

    private static void Gather(Node node, List<Node> all)
    {
        all.Add(node);
        if (all.Count < 4000) foreach ((_, Node child) in node.Children) Gather(child, all);
    }

    private static void Write(Node node, StringBuilder text)
    {
        if (node.Raw is not null)
        {
            text.Append(node.Raw);
            return;
        }

        text.Append(node.Kind);
        for (int i = 0; i < node.Children.Count; i++)
        {
            if (i > 0) text.Append(',');
            if (node.Kind == '{') text.Append('"').Append(node.Children[i].Name).Append("\":");
            Write(node.Children[i].Value, text);
        }

        text.Append(node.Kind == '{' ? '}' : ']');
    }

    private sealed class Node
    {
        public char Kind { get; set; }

        public string? Raw { get; set; }

        public List<(string Name, Node Value)> Children { get; set; } = [];

        public Node Copy() => new() { Kind = Kind, Raw = Raw, Children = [.. Children.Select(child => (child.Name, child.Value.Copy()))] };

        public void Become(Node other) => (Kind, Raw, Children) = (other.Kind, other.Raw, other.Children);

        public void Become(string raw)
        {
            Children = [];
            (Kind, Raw) = raw is "{" or "[" ? (raw[0], (string?)null) : ('\0', raw);
        }
    }
}
