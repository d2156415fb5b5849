using System.Buffers.Text;

namespace Sequor.Data;

/// <summary>
/// The number of a user that a hashed table looks up: the id itself where it is a whole number, as in the reference, else a hash of its text (FNV-1a),
/// so that it depends on the id alone and not on the data set around it.
/// </summary>
public static class UserKey
{
    /// <summary>Key of an id in UTF-8, at least 0.</summary>
    public static long Of(ReadOnlySpan<byte> id)
    {
        if (Utf8Parser.TryParse(id, out long number, out int read) && read == id.Length && number >= 0) return number;
        ulong hash = 14695981039346656037;
        foreach (byte b in id) hash = (hash ^ b) * 1099511628211;
        return (long)(hash >> 1);
    }
}
