using System.Globalization;
using Sequor.Modeling;

namespace Sequor.Losses;

/// <summary>Turns ratings into the labels 0 … 1 of binary cross entropy.</summary>
internal sealed class RatingLabels(RatingLabel kind)
{
    private const float LikedFrom = 4;
    private float[] _labels = [];

    /// <summary>Label of the item that each token predicts (T), valid until the next call.</summary>
    /// <exception cref="InvalidInputException">The batch lacks ratings, or one is no label.</exception>
    internal ReadOnlySpan<float> Of(SequenceBatch batch)
    {
        if (!batch.HasTargetRatings) throw new InvalidInputException("train_fn.loss_module = \"BCELossWithRatings\" learns from ratings, which these events lack; choose another loss");
        if (_labels.Length < batch.TokenCount) _labels = new float[batch.TokenCount * 5 / 4];
        ReadOnlySpan<float> ratings = batch.TargetRatings;
        for (int t = 0; t < ratings.Length; t++) _labels[t] = Label(ratings[t]);
        return _labels.AsSpan(0, ratings.Length);
    }

    /// <summary>Label of a rating.</summary>
    /// <exception cref="InvalidInputException">As it is it lies outside 0 … 1, where the loss has no least value.</exception>
    internal float Label(float rating)
    {
        if (kind == RatingLabel.Liked) return rating >= LikedFrom ? 1 : 0;
        return rating is >= 0 and <= 1
            ? rating
            : throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"rating {rating} is no label: with train_fn.rating_label = \"raw\" it must lie in 0 … 1; set \"liked\" for stars"));
    }
}
