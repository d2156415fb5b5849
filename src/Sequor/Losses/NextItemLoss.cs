using Sequor.Autograd;
using Sequor.Modeling;

namespace Sequor.Losses;

/// <summary>The objective: how well each state predicts the item behind it. Draws its own negatives.</summary>
public sealed unsafe class NextItemLoss
{
    // Places of entries are int32.
    private const long MostPairs = 1 << 30;
    private readonly LossConfig _config;
    private readonly NegativeSampler _sampler;
    private readonly MixtureItemLoss _mixture;
    private readonly RatingLabels _labels;
    private readonly SumOverShares? _sum;
    private readonly BringItems? _bring;

    /// <summary>
    /// Makes the objective for items 1 … <paramref name="itemCount"/>; negatives are a function of (seed, step, token). Where the batches are
    /// shares of whole ones, <paramref name="sum"/> adds up what the loss must know of the whole. Where this process does not hold the whole item table,
    /// <paramref name="bring"/> brings what the loss reads.
    /// </summary>
    /// <exception cref="InvalidInputException">The loss reads the whole table, and it is not here.</exception>
    public NextItemLoss(LossConfig config, int itemCount, ulong seed, SumOverShares? sum = null, BringItems? bring = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (bring is not null && config.Kind == LossKind.FullSoftmax)
            throw new InvalidInputException("train_fn.loss_module = \"FullSoftmaxLoss\" reads the whole item table in every step, which train_fn.embedding_sharding = \"rows\" deals out to processes: take a sampled loss, or \"replicated\"");
        _config = config;
        _sampler = new NegativeSampler(config, itemCount, seed);
        _mixture = new MixtureItemLoss(config, itemCount);
        _labels = new RatingLabels(config.RatingLabel);
        (_sum, _bring) = (sum, bring);
    }

    /// <summary>The auxiliary losses of the last step by name, without their weights.</summary>
    public IEnumerable<KeyValuePair<string, double>> Auxiliary => _mixture.Auxiliary;

    /// <summary>What the users' rows add to <see cref="Auxiliary"/>; of a share its part, to be replaced by the sum over the shares.</summary>
    internal double UserNorm
    {
        get => _mixture.UserNorm;
        set => _mixture.UserNorm = value;
    }

    /// <summary>Mean loss over the tokens of a batch, or, of a share, its part of the mean over the whole batch; the gradient is left on the states and, after backward, on the item table.</summary>
    public double Compute(Tape tape, RecommenderModel model, SequenceBatch batch, Matrix states, long step)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batch);
        tape.ReadFirst(model.Mixture?.Parameters ?? []);
        bool rated = _config.Kind == LossKind.BinaryCrossEntropyWithRatings;
        var tokens = new NextItemBatch
        {
            States = states, Targets = batch.Targets, Labels = rated ? _labels.Of(batch) : [], WholeTokens = batch.Whole.TokenCount, Sum = _sum,
        };
        float epsilon = (float)model.Config.L2NormEpsilon, temperature = (float)_config.Temperature;
        if (_config.Kind == LossKind.FullSoftmax && model.Mixture is null)
            return FullSoftmaxOperation.Apply(tape, model.Items, tokens, temperature, model.Config.ItemL2Norm, epsilon);
        if (_config.Kind == LossKind.FullSoftmax) return _mixture.Compute(tape, model, batch, tokens, null, 0);
        int samples = rated ? 1 : _config.NegativeCount + 1;
        long pairs = (long)batch.TokenCount * samples;
        if (pairs > MostPairs)
            throw new InvalidInputException(
                $"train_fn.num_negatives = {_config.NegativeCount} makes {pairs} scores for the {batch.TokenCount} events of a batch; at most {MostPairs} fit: lower it, or train_fn.local_batch_size");
        int* ids = SampledLossOperation.AllocateIds(tape, batch.TokenCount, samples);
        _sampler.Sample(tape.Workers, step, batch, ids, samples);
        _bring?.Invoke(new ReadOnlySpan<int>(ids, (int)pairs));
        if (model.Mixture is { } mixture)
        {
            int* wholeIds = mixture.DropsItems && batch.Whole != batch ? SampleWhole(tape, batch.Whole, step, samples) : null;
            return _mixture.Compute(tape, model, batch, tokens, ids, samples, wholeIds);
        }
        return SampledLossOperation.Apply(tape, model.Items, tokens, ids, samples, new SampledLoss
        {
            Kind = _config.Kind, Temperature = temperature, NormalizeItems = model.Config.ItemL2Norm, Epsilon = epsilon,
        });
    }

    private int* SampleWhole(Tape tape, SequenceBatch whole, long step, int samples)
    {
        int* ids = SampledLossOperation.AllocateIds(tape, whole.TokenCount, samples);
        _sampler.Sample(tape.Workers, step, whole, ids, samples);
        return ids;
    }
}
