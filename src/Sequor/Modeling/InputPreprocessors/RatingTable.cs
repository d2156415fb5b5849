using System.Globalization;
using Sequor.Autograd;
using Sequor.Data;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>The learned vectors of ratings (rows, columns) and the row that a rating has.</summary>
internal sealed class RatingTable(ModelConfig config, int columns)
{
    private readonly RatingConfig _config = config.Ratings;

    internal Parameter Weights { get; } = new("_input_features_preproc._rating_emb.weight", [config.Ratings.RowCount, columns]);

    /// <summary>The row of each event's rating (T).</summary>
    /// <exception cref="InvalidInputException">There are no ratings, or one has no row.</exception>
    internal void Look(SequenceBatch events, Span<int> rows)
    {
        if (!events.HasRatings) throw Missing("a history has none; give one an event");
        ReadOnlySpan<float> ratings = events.Ratings;
        for (int t = 0; t < ratings.Length; t++) rows[t] = Row(ratings[t]);
    }

    /// <summary>Refuses a store that lacks ratings, or has one without a row.</summary>
    internal void Require(SequenceStore store)
    {
        if (!store.HasRatings) throw Missing($"{store.Path} has none; prepare it with a rating column, or leave the setting out");
        for (int user = 0; user < store.UserCount; user++)
            foreach (float rating in store[user].Ratings) Row(rating);
    }

    /// <summary>Draws the vectors as the reference does: HSTU, and FuXi with it, draws every input table anew, SASRec leaves the preprocessor's draw.</summary>
    internal void Initialize(ulong seed)
    {
        var draw = new WeightInitializer(seed);
        if (config.Encoder is EncoderKind.Hstu or EncoderKind.FuXiAlpha or EncoderKind.FuXiBeta) draw.XavierNormal(Weights);
        else draw.TruncatedNormal(Weights, Math.Sqrt(1.0 / config.EncoderDim));
    }

    private int Row(float rating)
    {
        // Also NaN fails the comparison.
        float row = rating * _config.Scale;
        if (row >= 0 && row < _config.RowCount) return (int)row;
        throw new InvalidInputException(string.Create(
            CultureInfo.InvariantCulture,
            $"rating {rating} has no row in the rating table: rating × train_fn.rating_scale = {_config.Scale}, cut to an integer, must lie in 0 … {_config.RowCount - 1}; raise train_fn.num_ratings = {_config.RowCount}, or mend the data"));
    }

    private InvalidInputException Missing(string what) => new($"train_fn.input_preprocessor = \"{config.InputPreprocessor}\" reads ratings, but {what}");
}
