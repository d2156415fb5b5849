namespace Sequor.Cli.Load;

/// <summary>What the requests of a run ask.</summary>
internal enum LoadKind
{
    /// <summary>Recommendations for histories that the requests carry.</summary>
    History,

    /// <summary>Recommendations for users whose histories the service keeps.</summary>
    User,

    /// <summary>Events of users, and recommendations for the user who had the last one.</summary>
    Events,

    /// <summary>Events; of the rest, one half as <see cref="History"/> and one half as <see cref="User"/>.</summary>
    Mix,
}
