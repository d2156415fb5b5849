namespace Sequor.Training;

/// <summary>One training step in numbers.</summary>
/// <param name="Encode">Time of embedding and encoder.</param>
/// <param name="Loss">Time of negatives, scores, loss and the gradient of the states.</param>
/// <param name="Backward">Time of the gradients of all but the item table.</param>
/// <param name="Update">Time of the item table's gradient and the optimizer.</param>
/// <param name="Flops">Useful floating-point operations: matrix products without padding.</param>
/// <param name="Bytes">Bytes of table rows gathered, and of weights and moments read and written.</param>
public readonly record struct StepProfile(TimeSpan Encode, TimeSpan Loss, TimeSpan Backward, TimeSpan Update, long Flops, long Bytes)
{
    /// <summary>Time spent waiting behind backward until gradients were exchanged; none in one process.</summary>
    public TimeSpan Exchange { get; init; }

    /// <summary>Time that gradients were on their way, most of it while backward went on.</summary>
    public TimeSpan ExchangeBusy { get; init; }

    /// <summary>Time spent fetching rows of a table that is dealt out, within <see cref="Encode"/> and <see cref="Loss"/>.</summary>
    public TimeSpan Fetch { get; init; }

    /// <summary>Bytes of gradients and of fetched rows that this rank gave to others.</summary>
    public long ExchangedBytes { get; init; }
}
