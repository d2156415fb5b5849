using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Sequor.Cluster.Grains;

/// <summary>Places a user on the node whose number, mixed with the user's, is the highest (rendezvous hashing): when a node comes or goes, only its own users move.</summary>
[Serializable, GenerateSerializer, Immutable, Alias("sequor.rendezvous")]
internal sealed class RendezvousPlacement : PlacementStrategy;

/// <summary>Places the users of a class so.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RendezvousPlacementAttribute() : PlacementAttribute(new RendezvousPlacement());

/// <summary>Chooses the node for a user that is nowhere yet.</summary>
internal sealed class RendezvousDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        return Task.FromResult(IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) ?? Owner(target.GrainIdentity, silos));
    }

    /// <summary>The node that has a user.</summary>
    internal static SiloAddress Owner(GrainId user, ReadOnlySpan<SiloAddress> silos)
    {
        SiloAddress best = silos[0];
        ulong most = 0;
        foreach (SiloAddress silo in silos)
        {
            ulong weight = Mixed(((ulong)user.GetUniformHashCode() << 32) | (uint)silo.GetConsistentHashCode());
            // Equal weights are decided the same everywhere.
            if (weight < most || (weight == most && silo.CompareTo(best) > 0)) continue;
            (best, most) = (silo, weight);
        }

        return best;
    }

    // The finaliser of MurmurHash3: every bit of the input moves every bit of the output.
    private static ulong Mixed(ulong bits)
    {
        bits = (bits ^ (bits >> 33)) * 0xff51afd7ed558ccd;
        bits = (bits ^ (bits >> 33)) * 0xc4ceb9fe1a85ec53;
        return bits ^ (bits >> 33);
    }
}
