namespace Sequor.Data;

/// <summary>One user seen through <see cref="LeaveOneOut"/>: what is known, and the event to predict.</summary>
public readonly ref struct LeaveOneOutExample
{
    internal LeaveOneOutExample(UserSequence history, int targetItem, float? targetRating, long? targetTimestamp)
    {
        History = history;
        TargetItem = targetItem;
        TargetRating = targetRating;
        TargetTimestamp = targetTimestamp;
    }

    /// <summary>The newest events before the target, oldest first, at most the view's longest length.</summary>
    public UserSequence History { get; }

    /// <summary>Item index 1..X of the event to predict.</summary>
    public int TargetItem { get; }

    /// <summary>Rating of the event to predict; null when the store has none.</summary>
    public float? TargetRating { get; }

    /// <summary>Time of the event to predict, in the unit of the store; null when the store has none.</summary>
    public long? TargetTimestamp { get; }
}
