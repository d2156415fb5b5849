namespace Sequor.Cluster.Grains;

/// <summary>Which users are this node's, among the nodes that are there now. Thread-safe.</summary>
internal sealed class Ownership(IClusterMembershipService membership, ILocalSiloDetails local)
{
    private View? _view;

    /// <summary>Whether a user is this node's.</summary>
    internal bool IsHere(GrainId user)
    {
        ClusterMembershipSnapshot now = membership.CurrentSnapshot;
        if (Volatile.Read(ref _view) is not { } view || view.Version != now.Version)
            Volatile.Write(ref _view, view = new View(now.Version, [.. now.Members.Values.Where(one => one.Status == SiloStatus.Active).Select(one => one.SiloAddress)]));
        return view.Silos.Length == 0 || RendezvousDirector.Owner(user, view.Silos).Equals(local.SiloAddress);
    }

    private sealed record View(MembershipVersion Version, SiloAddress[] Silos);
}
