namespace Sequor.Losses;

/// <summary>Training objective (<c>train_fn.loss_module</c>).</summary>
public enum LossKind
{
    /// <summary>Softmax over the next item and sampled negatives (gin <c>"SampledSoftmaxLoss"</c>).</summary>
    SampledSoftmax,

    /// <summary>Binary cross entropy with one negative (gin <c>"BCELoss"</c>).</summary>
    BinaryCrossEntropy,

    /// <summary>Binary cross entropy of the next item alone, its rating being the label (gin <c>"BCELossWithRatings"</c>).</summary>
    BinaryCrossEntropyWithRatings,

    /// <summary>Softmax over the whole catalogue (gin <c>"FullSoftmaxLoss"</c>), for catalogues up to about 10⁵ items.</summary>
    FullSoftmax,
}

/// <summary>Where negatives come from (<c>train_fn.sampling_strategy</c>).</summary>
public enum NegativeSampling
{
    /// <summary>Uniform over the catalogue, with replacement (gin <c>"local"</c>).</summary>
    Local,

    /// <summary>Uniform over the items of the batch (gin <c>"in-batch"</c>).</summary>
    InBatch,
}

/// <summary>What a rating is as a label (<c>train_fn.rating_label</c>), where the loss reads ratings.</summary>
public enum RatingLabel
{
    /// <summary>1 from 4 on, as the metrics of liked targets count them, else 0 (gin <c>"liked"</c>).</summary>
    Liked,

    /// <summary>The rating as it is, which must lie in 0 … 1 (gin <c>"raw"</c>).</summary>
    Raw,
}

/// <summary>Settings of the objective.</summary>
public sealed record LossConfig
{
    /// <summary>Objective (<c>train_fn.loss_module</c>).</summary>
    public LossKind Kind { get; init; } = LossKind.SampledSoftmax;

    /// <summary>Source of negatives (<c>train_fn.sampling_strategy</c>).</summary>
    public NegativeSampling Sampling { get; init; } = NegativeSampling.InBatch;

    /// <summary>Whether in-batch negatives are drawn from distinct items, or from events (<c>train_fn.in_batch_dedup</c>).</summary>
    public bool InBatchDedup { get; init; } = true;

    /// <summary>Labels of <see cref="LossKind.BinaryCrossEntropyWithRatings"/> (<c>train_fn.rating_label</c>).</summary>
    public RatingLabel RatingLabel { get; init; } = RatingLabel.Liked;

    /// <summary>Negatives a position, R (<c>train_fn.num_negatives</c>).</summary>
    public int NegativeCount { get; init; } = 1;

    /// <summary>Logits are divided by this (<c>train_fn.temperature</c>).</summary>
    public double Temperature { get; init; } = 0.05;

    /// <summary>
    /// Whether the loss lets the query side of a mixture be computed again in backward rather than kept (<c>train_fn.loss_activation_checkpoint</c>); pairs are never kept.
    /// </summary>
    public bool ActivationCheckpoint { get; init; }

    /// <summary>Weight of the load-balancing loss of a mixture of logits (<c>"mi_loss"</c> in <c>train_fn.loss_weights</c>).</summary>
    public double BalanceWeight { get; init; }

    /// <summary>Weight of the mean squared norm of a mixture's user rows (<c>"uid_embedding_l2_norm"</c> in <c>train_fn.loss_weights</c>).</summary>
    public double UserNormWeight { get; init; }

    /// <summary>Whether the batch is where negatives come from.</summary>
    internal bool SamplesInBatch => Sampling == NegativeSampling.InBatch && Kind is (LossKind.SampledSoftmax or LossKind.BinaryCrossEntropy);
}
