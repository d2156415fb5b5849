using Sequor.Artifacts;
using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Training;

/// <summary>Training that goes on from a model: what is carried over, by which names, and what starts fresh.</summary>
public sealed class GoOnTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly WorkerPool workers = new(2);

    public void Dispose()
    {
        workers.Dispose();
        folder.Dispose();
    }

    public static TheoryData<ItemEmbeddingKind, SimilarityKind, InputPreprocessorKind> Kinds
    {
        get
        {
            var data = new TheoryData<ItemEmbeddingKind, SimilarityKind, InputPreprocessorKind>();
            foreach (ItemEmbeddingKind embedding in Enum.GetValues<ItemEmbeddingKind>())
                foreach (SimilarityKind similarity in Enum.GetValues<SimilarityKind>())
                    foreach (InputPreprocessorKind preprocessor in Enum.GetValues<InputPreprocessorKind>()) data.Add(embedding, similarity, preprocessor);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void On_the_same_data_it_measures_exactly_what_the_old_model_measured(ItemEmbeddingKind embedding, SimilarityKind similarity, InputPreprocessorKind preprocessor)
    {
        ExperimentConfig config = Config(embedding, similarity, preprocessor);
        using var store = SequenceStore.Open(GrowingData.Old(folder));
        string run = Train(config, store);
        using ModelArtifact old = ModelArtifact.Load(Path.Combine(run, "last"));
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers, Path.Combine(run, "last"));
        Assert.Equal((25, 0, 0), Counts(trainer));
        foreach (var (was, @is) in old.Model.Parameters.Zip(trainer.Model.Parameters)) Assert.Equal(Values(was), Values(@is));
        LeaveOneOut view = LeaveOneOut.Test(store, 12);
        Assert.Equal(old.Manifest.Metrics, Evaluator.Evaluate(trainer.Model, view, new EvaluationOptions { Workers = workers }, cancellationToken: TestContext.Current.CancellationToken).Metrics);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void On_a_catalogue_that_is_numbered_anew_every_known_item_keeps_its_vector(ItemEmbeddingKind embedding, SimilarityKind similarity, InputPreprocessorKind preprocessor)
    {
        ExperimentConfig config = Config(embedding, similarity, preprocessor);
        using var before = SequenceStore.Open(GrowingData.Old(folder));
        using var after = SequenceStore.Open(GrowingData.New(folder));
        string run = Train(config, before);
        using ModelArtifact old = ModelArtifact.Load(Path.Combine(run, "best"));
        using var trainer = new Trainer(config, after, EvaluationProtocol.Reference, workers, run);
        Assert.Equal((24, 3, 1), Counts(trainer));
        Assert.NotEqual(Code(before, "D"), Code(after, "D"));
        for (int item = 1; item <= after.Items.Count; item++)
            if (before.Items.TryGetIndex(after.Items.Id(item), out int index)) Assert.Equal(old.Model.Items.Value[index].ToArray(), trainer.Model.Items.Value[item].ToArray());
        string[] tables = [.. trainer.Model.Tables.Select(table => table.Table.Name)];
        foreach (var (was, @is) in old.Model.Parameters.Zip(trainer.Model.Parameters).Where(pair => !tables.Contains(pair.First.Name))) Assert.Equal(Values(was), Values(@is));
    }

    [Theory]
    [InlineData(ItemEmbeddingKind.Features)]
    [InlineData(ItemEmbeddingKind.Categorical)]
    public void A_new_item_is_told_by_what_its_attributes_have_learned(ItemEmbeddingKind embedding)
    {
        ExperimentConfig config = Config(embedding);
        using var before = SequenceStore.Open(GrowingData.Old(folder));
        using var after = SequenceStore.Open(GrowingData.New(folder));
        string run = Train(config, before);
        using ModelArtifact old = ModelArtifact.Load(Path.Combine(run, "best"));
        using var trainer = new Trainer(config, after, EvaluationProtocol.Reference, workers, run);
        // Neither was ever seen, both are of genre A.
        Assert.True(before.Items.TryGetIndex("k-z", out int known));
        Assert.True(after.Items.TryGetIndex("n-z", out int unknown));
        Assert.Equal(old.Model.Items.Value[known].ToArray(), trainer.Model.Items.Value[unknown].ToArray());
        // A genre that nobody knew is drawn.
        using var drawn = new Trainer(config, after, EvaluationProtocol.Reference, workers);
        Assert.True(after.Items.TryGetIndex("n-c", out int strange));
        Assert.Equal(drawn.Model.Items.Value[strange].ToArray(), trainer.Model.Items.Value[strange].ToArray());
    }

    [Fact]
    public void A_new_row_is_its_draw_beside_the_mean_of_the_rarest_known_tenth()
    {
        ExperimentConfig config = Config(ItemEmbeddingKind.Local);
        using var before = SequenceStore.Open(GrowingData.Old(folder));
        using var after = SequenceStore.Open(GrowingData.New(folder));
        using var trainer = new Trainer(config, after, EvaluationProtocol.Reference, workers, Train(config, before));
        using var drawn = new Trainer(config, after, EvaluationProtocol.Reference, workers);
        long[] popularity = ItemPopularity.Count(LeaveOneOut.Train(after, EvaluationProtocol.Reference, 12));
        int[] rare = [.. Enumerable.Range(1, after.Items.Count).Where(item => before.Items.TryGetIndex(after.Items.Id(item), out _)).OrderBy(item => popularity[item]).Take(2)];
        foreach (string id in GrowingData.NewItems)
        {
            Assert.True(after.Items.TryGetIndex(id, out int item));
            for (int c = 0; c < 8; c++)
            {
                float mean = rare.Average(row => trainer.Model.Items.Value[row][c]);
                Assert.Equal(drawn.Model.Items.Value[item][c] + mean, trainer.Model.Items.Value[item][c], 1e-6f);
            }
        }
    }

    [Fact]
    public void Of_a_catalogue_without_a_common_item_all_rows_stay_as_drawn()
    {
        ExperimentConfig config = Config(ItemEmbeddingKind.Local);
        using var before = SequenceStore.Open(Data.SmallStore.Write(folder.File("other"), [9, 8, 7, 9], itemCount: 9));
        using var after = SequenceStore.Open(GrowingData.New(folder));
        using var trainer = new Trainer(config, after, EvaluationProtocol.Reference, workers, Train(config, before));
        using var drawn = new Trainer(config, after, EvaluationProtocol.Reference, workers);
        Assert.Equal((0, 27, 9), Counts(trainer));
        // Row 0 is padding and came with the table.
        Assert.Equal(Values(drawn.Model.Items)[8..], Values(trainer.Model.Items)[8..]);
    }

    [Fact]
    public void It_starts_from_a_far_lower_loss_and_gives_the_same_weights_on_any_number_of_threads()
    {
        ExperimentConfig config = GrowingData.Config("train_fn.num_epochs = 1\ntrain_fn.item_l2_norm = True");
        ExperimentConfig longer = config with { Training = config.Training with { EpochCount = 30 } };
        using var before = SequenceStore.Open(GrowingData.Old(folder));
        using var after = SequenceStore.Open(GrowingData.New(folder));
        string run = Path.Combine(Train(longer, before), "last");
        TrainingResult fresh = Fit(config, after, null, 2, "fresh"), two = Fit(config, after, run, 2, "two"), one = Fit(config, after, run, 1, "one");
        Assert.True(two.Epochs[0].Loss < 0.6 * fresh.Epochs[0].Loss, $"the loss starts at {two.Epochs[0].Loss}, afresh at {fresh.Epochs[0].Loss}");
        Assert.Equal(two.Epochs[0].Loss, one.Epochs[0].Loss);
        Assert.Equal(File.ReadAllBytes(Weights("two")), File.ReadAllBytes(Weights("one")));

        string Weights(string name) => Path.Combine(folder.File(name), "last", ModelArtifact.WeightsFileName);
    }

    [Fact]
    public void Manifest_and_log_tell_what_it_went_on_from()
    {
        ExperimentConfig config = GrowingData.Config("train_fn.num_epochs = 1");
        using var before = SequenceStore.Open(GrowingData.Old(folder));
        using var after = SequenceStore.Open(GrowingData.New(folder));
        string run = Train(config, before);
        InitialModel initial = Fit(config, after, run + Path.DirectorySeparatorChar, 2, "next").InitialModel!;
        Assert.Equal(new InitialModel { Name = "run", DataFingerprint = before.Fingerprint, Protocol = "reference", Epoch = 0, MatchedItems = 24, NewItems = 3, GoneItems = 1 }, initial);
        Assert.Equal(initial, ArtifactManifest.Read(Path.Combine(folder.File("next"), "best")).InitializedFrom);
        Assert.Null(ArtifactManifest.Read(Path.Combine(run, "best")).InitializedFrom);
        string log = File.ReadAllText(Path.Combine(folder.File("next"), "log.txt"));
        Assert.Contains($"goes on from run (epoch 0, data {before.Fingerprint}), 24 items matched, 3 new, 1 gone; the optimizer begins anew", log, StringComparison.Ordinal);
        Assert.DoesNotContain("held out", log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_has_seen_what_is_held_out_now_is_told_of()
    {
        ExperimentConfig config = GrowingData.Config("train_fn.num_epochs = 1");
        using var store = SequenceStore.Open(GrowingData.Old(folder));
        string run = Train(config, store);
        using var validation = new Trainer(config, store, EvaluationProtocol.Validation, workers, run);
        using var reference = new Trainer(config, store, EvaluationProtocol.Reference, workers, run);
        Assert.True(validation.HasSeenHeldOut);
        Assert.False(reference.HasSeenHeldOut);
        validation.Fit(folder.File("next"), cancellationToken: TestContext.Current.CancellationToken);
        using var further = new Trainer(config, store, EvaluationProtocol.Validation, workers, folder.File("next"));
        Assert.False(further.HasSeenHeldOut);
        Assert.Contains("seen events that are held out now", File.ReadAllText(Path.Combine(folder.File("next"), "log.txt")), StringComparison.Ordinal);
    }

    private string Train(ExperimentConfig config, SequenceStore store)
    {
        Fit(config, store, null, 2, "run");
        return folder.File("run");
    }

    private TrainingResult Fit(ExperimentConfig config, SequenceStore store, string? from, int threads, string name)
    {
        using var pool = new WorkerPool(threads);
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, pool, from);
        return trainer.Fit(folder.File(name), cancellationToken: TestContext.Current.CancellationToken);
    }

    private static ExperimentConfig Config(ItemEmbeddingKind embedding, SimilarityKind similarity = default, InputPreprocessorKind preprocessor = default) => GrowingData.Config($"""
        train_fn.embedding_module_type = '{(embedding switch { ItemEmbeddingKind.Local => "local", ItemEmbeddingKind.Categorical => "categorical", _ => "features" })}'
        train_fn.interaction_module_type = '{(similarity == SimilarityKind.MixtureOfLogits ? "MoL" : "DotProduct")}'
        train_fn.input_preprocessor = '{preprocessor}'
        """);

    private static (int Matched, int New, int Gone) Counts(Trainer trainer) =>
        (trainer.InitialModel!.MatchedItems, trainer.InitialModel.NewItems, trainer.InitialModel.GoneItems);

    private static string? Code(SequenceStore store, string value) =>
        Enumerable.Range(0, store.Items.Attributes[0].ValueCount).First(code => store.Items.Attributes[0].Value(code) == value).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static float[] Values(Parameter parameter) =>
        [.. Enumerable.Range(0, parameter.Value.Rows).SelectMany(row => parameter.Value[row].ToArray())];
}
