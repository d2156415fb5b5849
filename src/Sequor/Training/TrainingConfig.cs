namespace Sequor.Training;

/// <summary>How the item table is updated (<c>train_fn.item_optimizer</c>); everything else always by exact AdamW.</summary>
public enum ItemOptimizer
{
    /// <summary>Exact: rows that a step did not touch move by their momentum and decay too, as in the reference (gin <c>"AdamW"</c>).</summary>
    AdamW,

    /// <summary>Rows that a step did not touch keep weights and moments; a different algorithm, for wide tables (gin <c>"LazyAdamW"</c>).</summary>
    LazyAdamW,

    /// <summary>Lazy, with one second moment a row: a third less memory (gin <c>"PartialRowWiseAdamW"</c>).</summary>
    PartialRowWiseAdamW,
}

/// <summary>Where the item table is, when several processes train one model (<c>train_fn.embedding_sharding</c>).</summary>
public enum EmbeddingSharding
{
    /// <summary>Every process has all of it (gin <c>"replicated"</c>).</summary>
    Replicated,

    /// <summary>Every process has a part of its rows and of their moments, and fetches the rows that a step reads (gin <c>"rows"</c>).</summary>
    Rows,
}

/// <summary>Settings of the optimisation loop.</summary>
public sealed record TrainingConfig
{
    /// <summary>Users a training batch, B (<c>train_fn.local_batch_size</c>).</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Users an evaluation batch (<c>train_fn.eval_batch_size</c>).</summary>
    public int EvaluationBatchSize { get; init; } = 128;

    /// <summary>Passes over the users (<c>train_fn.num_epochs</c>).</summary>
    public int EpochCount { get; init; } = 101;

    /// <summary>Step size of AdamW (<c>train_fn.learning_rate</c>).</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Steps over which the rate rises linearly, from rate / steps in the first (<c>train_fn.num_warmup_steps</c>).</summary>
    public int WarmupSteps { get; init; }

    /// <summary>Decoupled weight decay of AdamW (<c>train_fn.weight_decay</c>).</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>Update of the item table (<c>train_fn.item_optimizer</c>), exact unless set.</summary>
    public ItemOptimizer ItemOptimizer { get; init; } = ItemOptimizer.AdamW;

    /// <summary>Place of the item table among several processes (<c>train_fn.embedding_sharding</c>); results do not depend on it.</summary>
    public EmbeddingSharding EmbeddingSharding { get; init; }

    /// <summary>Probability of keeping an event of a training history (<c>train_fn.positional_sampling_ratio</c>).</summary>
    public double PositionalSamplingRatio { get; init; } = 1.0;

    /// <summary>
    /// α of Stochastic Length: histories longer than N^(α/2) events, N being the longest, are shortened to that in most epochs
    /// (<c>train_fn.stochastic_length_alpha</c>). 2 keeps everything.
    /// </summary>
    public double StochasticLengthAlpha { get; init; } = 2.0;

    /// <summary>
    /// Events a training batch at most: a batch ends before the user that would exceed it, whatever <see cref="BatchSize"/>
    /// (<c>train_fn.local_batch_tokens</c>). 0 sets no limit; a longer history makes a batch of its own.
    /// </summary>
    public int BatchTokens { get; init; }

    /// <summary>Steps between progress records (<c>train_fn.eval_interval</c>).</summary>
    public int LogEverySteps { get; init; } = 100;

    /// <summary>
    /// Ends the run once so many epochs behind the best have brought no better score (<c>train_fn.early_stopping_patience</c>); 0 never does. The score is
    /// that of the protocol's selection item.
    /// </summary>
    public int EarlyStoppingPatience { get; init; }

    /// <summary>Epochs between evaluations of all users (<c>train_fn.full_eval_every_n</c>).</summary>
    public int FullEvaluationEvery { get; init; } = 1;

    /// <summary>Batches of an evaluation in the epochs between (<c>train_fn.partial_eval_num_iters</c>).</summary>
    public int PartialEvaluationBatches { get; init; } = 32;

    /// <summary>
    /// Seconds between the checkpoints from which a run can go on, beside the one at the end of every epoch
    /// (<c>train_fn.checkpoint_every_seconds</c>). More, where writing one would take over 2 % of the time; 0 writes one after every step, whatever it takes.
    /// </summary>
    public double CheckpointSeconds { get; init; } = 300;

    /// <summary>Checkpoints kept to go on from, the newest (<c>train_fn.num_checkpoints</c>).</summary>
    public int CheckpointsKept { get; init; } = 2;

    /// <summary>Epochs between models kept for good (<c>train_fn.save_ckpt_every_n</c>).</summary>
    public int CheckpointEvery { get; init; } = 1000;

    /// <summary>Whether the metrics are written for TensorBoard too (<c>train_fn.tensorboard</c>).</summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>Seed of every random draw (<c>train_fn.random_seed</c>).</summary>
    public ulong Seed { get; init; } = 42;
}
