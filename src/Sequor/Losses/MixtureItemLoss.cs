using Sequor.Autograd;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;

namespace Sequor.Losses;

/// <summary>The objective over a mixture of logits: each side's rows, the item's once per distinct item, then <see cref="MixtureLossOperation"/>.</summary>
internal sealed unsafe class MixtureItemLoss(LossConfig config, int itemCount)
{
    private DistinctItems? _distinct, _wholeDistinct;
    private long[] _userKeys = [];
    private double _balance;

    /// <summary>The auxiliary losses that have a weight, as they were in the last step.</summary>
    internal IEnumerable<KeyValuePair<string, double>> Auxiliary
    {
        get
        {
            if (config.BalanceWeight > 0) yield return new("losses/mi_loss", _balance);
            if (config.UserNormWeight > 0) yield return new("losses/uid_embedding_l2_norm", UserNorm);
        }
    }

    /// <summary>Mean squared norm of the users' rows over all tokens; of a share, what it adds to that.</summary>
    internal double UserNorm { get; set; }

    /// <summary>
    /// The loss with its auxiliary ones; <paramref name="ids"/> (T × samples, the target first) become row numbers, null stands for all items.
    /// <paramref name="wholeIds"/>, those of the whole batch, are given where the mixture drops entries of items and this is a share.
    /// </summary>
    internal double Compute(Tape tape, RecommenderModel model, SequenceBatch batch, in NextItemBatch tokens, int* ids, int samples, int* wholeIds = null)
    {
        MixtureOfLogits mixture = model.Mixture!;
        int count, most = ids == null ? itemCount : (int)Math.Min((long)tokens.States.Rows * samples, itemCount);
        int* items = (int*)tape.AllocateFloats(most);
        int* numbers = null;
        MixtureSamples rows;
        if (ids == null)
        {
            count = itemCount;
            for (int i = 0; i < itemCount; i++) items[i] = i + 1;
            int* targets = (int*)tape.AllocateFloats(tokens.Targets.Length);
            for (int t = 0; t < tokens.Targets.Length; t++) targets[t] = tokens.Targets[t] - 1;
            rows = MixtureSamples.All(targets, itemCount);
        }
        else
        {
            count = (_distinct ??= new DistinctItems(itemCount)).Number(ids, (long)tokens.States.Rows * samples, items);
            rows = MixtureSamples.Named(ids, samples);
            if (wholeIds != null) numbers = NumbersInWhole(tape, batch, wholeIds, samples, items, count);
        }
        uint firstToken = tape.FirstRow;
        tape.FirstRow = 0;
        Matrix itemRows = mixture.Items(tape, ItemRowsOperation.Apply(tape, model.Items, items, count, model.Config.ItemL2Norm, (float)model.Config.L2NormEpsilon), numbers);
        tape.FirstRow = firstToken;
        double share = (double)batch.TokenCount / batch.Whole.TokenCount;
        Matrix queries = mixture.Queries(tape, tokens.States, UserKeys(mixture, batch), (float)(config.UserNormWeight * share), config.ActivationCheckpoint, out double userNorm);
        UserNorm = batch.TokenCount == 0 ? 0 : userNorm * share;
        var loss = new MixtureLoss(config.Kind, (float)config.Temperature, (float)config.BalanceWeight);
        double main = MixtureLossOperation.Apply(tape, mixture, queries, itemRows, tokens, rows, loss, out _balance);
        // Every share knows the whole batch's balance; one of them counts it.
        bool counts = batch.FirstToken == 0 && batch.TokenCount > 0;
        return main + config.BalanceWeight * (counts ? _balance : 0) + config.UserNormWeight * UserNorm;
    }

    // An item row's dropout goes by its place among the distinct items of the whole batch.
    private int* NumbersInWhole(Tape tape, SequenceBatch batch, int* wholeIds, int samples, int* items, int count)
    {
        long pairs = (long)batch.Whole.TokenCount * samples;
        (_wholeDistinct ??= new DistinctItems(itemCount)).Number(wholeIds, pairs, (int*)tape.AllocateFloats(Math.Min(pairs, itemCount)));
        int* numbers = (int*)tape.AllocateFloats(count);
        for (int i = 0; i < count; i++) numbers[i] = _wholeDistinct[items[i]];
        return numbers;
    }

    // One key a token.
    private ReadOnlySpan<long> UserKeys(MixtureOfLogits mixture, SequenceBatch batch)
    {
        if (!mixture.KnowsUsers) return [];
        if (_userKeys.Length < batch.TokenCount) _userKeys = new long[batch.TokenCount + batch.TokenCount / 4];
        for (int b = 0; b < batch.UserCount; b++) _userKeys.AsSpan(batch.Offsets[b]..batch.Offsets[b + 1]).Fill(batch.UserKeys[b]);
        return _userKeys.AsSpan(0, batch.TokenCount);
    }
}
