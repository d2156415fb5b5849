using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Serving;
using Sequor.Tests.Data;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Training;

/// <summary>Ratings all the way: from the store through training and evaluation to answers.</summary>
public sealed class RatedInputTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, InputPreprocessorKind> Models
    {
        get
        {
            var data = new TheoryData<string, InputPreprocessorKind>();
            foreach (string encoder in (string[])["HSTU", "SASRec"])
                foreach (InputPreprocessorKind kind in Enum.GetValues<InputPreprocessorKind>()) data.Add(encoder, kind);
            return data;
        }
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_trains_three_steps_and_what_was_saved_evaluates_and_recommends_the_same(string encoder, InputPreprocessorKind kind)
    {
        using SequenceStore store = Store();
        ExperimentConfig config = Config(
            $"train_fn.main_module = '{encoder}'", $"train_fn.input_preprocessor = '{kind}'", "train_fn.num_ratings = 11", "train_fn.rating_scale = 2", "train_fn.local_batch_size = 2");
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, WorkerPool.Shared);
        TrainingResult result = trainer.Fit(folder.File("run"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3, trainer.StepCount);
        Assert.True(double.IsFinite(result.Last.Loss));

        string last = Path.Combine(folder.File("run"), "last");
        using (ModelArtifact saved = ModelArtifact.Load(last))
        {
            var options = new EvaluationOptions { Workers = WorkerPool.Shared, Protocol = "reference", BatchSize = 4 };
            EvaluationReport report = Evaluator.Evaluate(saved.Model, LeaveOneOut.Test(store, 10), options, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(result.Last.Report.Metrics, report.Metrics);
        }
        using Recommender recommender = Recommender.Load(last);
        Recommendation[] found = [.. recommender.Recommend([1, 2, 3], [10, 20, 30], k: 5, ratings: [4, 3.5f, 5])];
        Assert.Equal(5, found.Length);
        if (kind == InputPreprocessorKind.LearnablePositionalEmbedding)
        {
            Assert.Equal(found, recommender.Recommend([1, 2, 3], [10, 20, 30], k: 5));
            return;
        }
        Assert.NotEqual(found, recommender.Recommend([1, 2, 3], [10, 20, 30], k: 5, ratings: [4, 3.5f, 1]));
        Assert.NotEqual(found, recommender.Recommend([1, 2, 3], [10, 20, 30], k: 5, ratings: [4, 3, 5]));
        var missing = Assert.Throws<InvalidInputException>(() => recommender.Recommend([1, 2, 3], [10, 20, 30], k: 5));
        Assert.Equal($"train_fn.input_preprocessor = \"{kind}\" reads ratings, but a history has none; give one an event", missing.Message);
        var outside = Assert.Throws<InvalidInputException>(() => recommender.Recommend([1], [10], k: 5, ratings: [5.5f]));
        Assert.Equal(
            "rating 5.5 has no row in the rating table: rating × train_fn.rating_scale = 2, cut to an integer, must lie in 0 … 10; raise train_fn.num_ratings = 11, or mend the data",
            outside.Message);
        Assert.Throws<ArgumentException>(() => recommender.Recommend([1, 2], [10, 20], k: 5, ratings: [5]));
    }

    [Theory]
    [InlineData("train_fn.input_preprocessor = 'CombinedItemAndRating'", "reads ratings, but ")]
    [InlineData("train_fn.input_preprocessor = 'LearnablePositionalEmbeddingRated'", "reads ratings, but ")]
    [InlineData("train_fn.loss_module = 'BCELossWithRatings'", "learns from ratings, but ")]
    public void Data_without_ratings_is_refused_before_training(string setting, string reason)
    {
        using SequenceStore store = Store(ratings: false);
        Assert.Contains($"{reason}{store.Path} has none; prepare it with a rating column", Refused(store, setting), StringComparison.Ordinal);
    }

    [Fact]
    public void Ratings_that_have_no_row_or_are_no_label_are_refused_before_training()
    {
        using SequenceStore store = Store();
        Assert.StartsWith("rating 4 has no row", Refused(store, "train_fn.input_preprocessor = 'CombinedItemAndRating'", "train_fn.num_ratings = 4"), StringComparison.Ordinal);
        Assert.Equal(
            "rating 1.5 is no label: with train_fn.rating_label = \"raw\" it must lie in 0 … 1; set \"liked\" for stars",
            Refused(store, "train_fn.loss_module = 'BCELossWithRatings'", "train_fn.rating_label = 'raw'"));
    }

    // Item vectors begin small, so that logits are near 0 and the loss near ln 2, whatever the labels.
    [Fact]
    public void Bce_with_ratings_learns_which_next_items_are_liked()
    {
        using SequenceStore store = Store();
        ExperimentConfig config = Config("train_fn.loss_module = 'BCELossWithRatings'", "train_fn.learning_rate = 0.01", "train_fn.num_epochs = 30", "train_fn.temperature = 1");
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, WorkerPool.Shared);
        TrainingResult result = trainer.Fit(folder.File("run"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.InRange(result.Epochs[0].Loss, 0.6, 0.8);
        Assert.True(result.Last.Loss < 0.8 * result.Epochs[0].Loss, $"from {result.Epochs[0].Loss} to {result.Last.Loss}");
    }

    [Theory]
    [InlineData(InputPreprocessorKind.LearnablePositionalEmbeddingRated, 24, 40, 60)]
    [InlineData(InputPreprocessorKind.CombinedItemAndRating, 40, 80, 40)]
    public void The_window_and_the_width_of_the_encoder_follow_the_tokens(InputPreprocessorKind kind, int ratingColumns, int window, int width)
    {
        var config = new ModelConfig
        {
            Encoder = EncoderKind.Hstu, EmbeddingDim = width == 60 ? 36 : 40, MaxSequenceLength = 35, OutputLength = 4, InputPreprocessor = kind,
            Ratings = new RatingConfig { RowCount = 900, EmbeddingDim = 24 },
        };
        using var model = new RecommenderModel(config, 10);
        model.Initialize(3);
        Assert.Equal([window, width], Shape(model, "_input_features_preproc._pos_emb.weight"));
        Assert.Equal([900, ratingColumns], Shape(model, "_input_features_preproc._rating_emb.weight"));
        Assert.Equal([2 * window - 1], Shape(model, "_hstu._attention_layers.0._rel_attn_bias._pos_w"));
        AssertDeviation(model, Math.Sqrt(2.0 / (900 + ratingColumns)));

        // SASRec keeps the truncated normal of the preprocessor, whose deviation is 0.88 of the parameter.
        using var sasrec = new RecommenderModel(config with { Encoder = EncoderKind.SasRec }, 10);
        sasrec.Initialize(3);
        AssertDeviation(sasrec, 0.88 * Math.Sqrt(1.0 / width));
    }

    private static void AssertDeviation(RecommenderModel model, double expected)
    {
        float[] weights = Parity.GoldenModel.Values(model.Parameters.Single(p => p.Name.EndsWith("_rating_emb.weight", StringComparison.Ordinal)).Value);
        Assert.InRange(Math.Sqrt(weights.Average(w => (double)w * w)), 0.97 * expected, 1.03 * expected);
    }

    private static IReadOnlyList<int> Shape(RecommenderModel model, string name) => model.Parameters.Single(p => p.Name == name).Shape;

    private SequenceStore Store(bool ratings = true) => SequenceStore.Open(SmallStore.Write(folder.File("s"), [12, 9, 14, 5, 16, 8], itemCount: 30, ratings: ratings));

    private static ExperimentConfig Config(params string[] settings) => ExperimentConfig.FromGin(
        "train_fn.item_embedding_dim = 8\ntrain_fn.max_sequence_length = 10\nhstu_encoder.dqk = 4\nhstu_encoder.dv = 4\ntrain_fn.num_epochs = 1\n" + string.Join('\n', settings), "test").Config;

    private static string Refused(SequenceStore store, params string[] settings) => Assert.Throws<InvalidInputException>(
        () => new Trainer(Config(settings), store, EvaluationProtocol.Reference, WorkerPool.Shared)).Message;
}
