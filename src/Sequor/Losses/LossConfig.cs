namespace Sequor.Losses;

/// <summary>Training objective (<c>train_fn.loss_module</c>).</summary>
public enum LossKind
{
    /// <summary>Softmax over the next item and sampled negatives (gin <c>"SampledSoftmaxLoss"</c>).</summary>
    SampledSoftmax,

    /// <summary>Binary cross entropy with one negative (gin <c>"BCELoss"</c>).</summary>
    BinaryCrossEntropy,

    /// <summary>Softmax over the whole catalogue (gin <c>"FullSoftmaxLoss"</c>), for catalogues up to about 10⁵ items.</summary>
    FullSoftmax,
}

/// <summary>Where negatives come from (<c>train_fn.sampling_strategy</c>).</summary>
public enum NegativeSampling
{
    /// <summary>Uniform over the catalogue, with replacement (gin <c>"local"</c>).</summary>
    Local,

    /// <summary>Uniform over the distinct items of the batch (gin <c>"in-batch"</c>).</summary>
    InBatch,
}

/// <summary>Settings of the objective.</summary>
public sealed record LossConfig
{
    /// <summary>Objective (<c>train_fn.loss_module</c>).</summary>
    public LossKind Kind { get; init; } = LossKind.SampledSoftmax;

    /// <summary>Source of negatives (<c>train_fn.sampling_strategy</c>).</summary>
    public NegativeSampling Sampling { get; init; } = NegativeSampling.InBatch;

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
}
