namespace Sequor.Server.Users;

/// <summary>Item ids and the numbers 1, 2, … that stand for them in the file. One thread adds; all may ask for ids of codes that they have read.</summary>
internal sealed class ItemCodes
{
    private readonly Dictionary<string, int> _codes = new(StringComparer.Ordinal);
    private string[] _ids = new string[1024];
    private int _kept;

    /// <summary>Codes that are in use, those of a transaction under way among them.</summary>
    internal int Count { get; private set; }

    /// <summary>The id of a code; null for one that is not in use.</summary>
    internal string? Id(int code) => Volatile.Read(ref _ids) is var ids && code > 0 && code < ids.Length ? ids[code] : null;

    /// <summary>The code of an id, a new one if there is none.</summary>
    internal int CodeOf(string id, out bool isNew)
    {
        isNew = !_codes.TryGetValue(id, out int code);
        return isNew ? Add(id) : code;
    }

    /// <summary>Adds the next id.</summary>
    /// <exception cref="InvalidDataException">It is there already.</exception>
    internal int Add(string id)
    {
        int code = ++Count;
        if (code >= _ids.Length)
        {
            string[] longer = new string[2 * _ids.Length];
            _ids.CopyTo(longer, 0);
            longer[code] = id;
            Volatile.Write(ref _ids, longer);
        }

        _ids[code] = id;
        if (!_codes.TryAdd(id, code)) throw new InvalidDataException($"item '{id}' stands twice");
        return code;
    }

    /// <summary>The transaction is on disk: its codes stay.</summary>
    internal void Keep() => _kept = Count;

    /// <summary>The transaction is undone, and with it its codes.</summary>
    internal void Undo()
    {
        for (; Count > _kept; Count--) _codes.Remove(_ids[Count]);
    }
}
