using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Sequor.Data;
using Sequor.Server.Models;

namespace Sequor.Cluster;

/// <summary>A number for the set of item ids that a model knows, whatever their order: the sum of their hashes.</summary>
internal static class CatalogueFingerprint
{
    private static readonly ConditionalWeakTable<ServedModel, string> s_known = [];

    internal static string Of(ServedModel model) => s_known.GetValue(model, static one => Compute(one.Recommender.Items));

    private static string Compute(ItemVocabulary items)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        ulong sum = 0;
        for (int item = 1; item <= items.Count; item++)
        {
            SHA256.HashData(Encoding.UTF8.GetBytes(items.Id(item)), hash);
            sum += BinaryPrimitives.ReadUInt64LittleEndian(hash);
        }

        return sum.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
    }
}
