using Sequor.Artifacts;
using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Modeling.Similarities;
using Sequor.Retrieval;
using Sequor.Tests.Data;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Training;

/// <summary>
/// Everything that is registered, with everything else: whatever enum gains a member, these tests take it in. A combination either trains, evaluates,
/// saves, loads and answers as before, or is refused with a rule.
/// </summary>
public sealed class CombinationTests : IDisposable
{
    private const int ItemCount = 40;
    private readonly TemporaryFolder folder = new();

    public static TheoryData<EncoderKind, InputPreprocessorKind, SimilarityKind> Models
    {
        get
        {
            var data = new TheoryData<EncoderKind, InputPreprocessorKind, SimilarityKind>();
            foreach (EncoderKind encoder in Enum.GetValues<EncoderKind>())
                foreach (InputPreprocessorKind preprocessor in Enum.GetValues<InputPreprocessorKind>())
                    foreach (SimilarityKind similarity in Enum.GetValues<SimilarityKind>()) data.Add(encoder, preprocessor, similarity);
            return data;
        }
    }

    private static IEnumerable<LossConfig> Losses =>
        from kind in Enum.GetValues<LossKind>()
        from sampling in Enum.GetValues<NegativeSampling>()
        from dedup in (bool[])[true, false]
        let loss = new LossConfig { Kind = kind, Sampling = sampling, InBatchDedup = dedup, NegativeCount = kind == LossKind.BinaryCrossEntropy ? 1 : 7, Temperature = 0.5 }
        // Settings that nothing reads make no new combination.
        where loss.SamplesInBatch || (dedup && (kind is LossKind.SampledSoftmax or LossKind.BinaryCrossEntropy || sampling == default))
        select loss;

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_combination_trains_evaluates_and_answers_the_same_once_it_is_loaded(EncoderKind encoder, InputPreprocessorKind preprocessor, SimilarityKind similarity)
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [12, 9, 15, 6, 11, 8], ItemCount, attributes: true));
        using var workers = new WorkerPool(2);
        int number = 0;
        foreach (LossConfig loss in Losses)
            foreach (ItemEmbeddingKind embedding in Enum.GetValues<ItemEmbeddingKind>())
                Check(Experiment(encoder, preprocessor, similarity, loss, embedding), store, workers, folder.File($"model-{number++}"));
        Assert.True(number >= 21);
    }

    public static TheoryData<SimilarityKind, TopKKind> Searches
    {
        get
        {
            var data = new TheoryData<SimilarityKind, TopKKind>();
            foreach (SimilarityKind similarity in Enum.GetValues<SimilarityKind>())
                foreach (TopKKind method in Enum.GetValues<TopKKind>()) data.Add(similarity, method);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public void Every_method_searches_the_models_that_it_fits_and_others_are_refused(SimilarityKind similarity, TopKKind kind)
    {
        string name = TopKMethod.Names.Single(example => TopKMethod.TryParse(example, out TopKMethod parsed) && parsed.Kind == kind);
        Assert.True(TopKMethod.TryParse(name, out TopKMethod method));
        ExperimentConfig config = Experiment(EncoderKind.SasRec, default, similarity, new LossConfig(), default) with { TopK = method };
        if (!method.Fits(similarity))
        {
            Assert.Contains("train_fn.top_k_method = ", Assert.Throws<InvalidInputException>(() => Bound(config)).Message, StringComparison.Ordinal);
            return;
        }
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [12, 9, 15, 6], ItemCount));
        using var workers = new WorkerPool(2);
        using var trainer = new Trainer(Bound(config), store, EvaluationProtocol.Reference, workers);
        EvaluationReport report = Evaluator.Evaluate(
            trainer.Model, LeaveOneOut.Test(store, 10), new EvaluationOptions { Workers = workers, TopKMethod = method }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(name, report.TopKMethod);
        // Of so few items every method finds all.
        Assert.Equal(1, report.Metrics["hr@50"]);
    }

    private static ExperimentConfig Experiment(EncoderKind encoder, InputPreprocessorKind preprocessor, SimilarityKind similarity, LossConfig loss, ItemEmbeddingKind embedding) => new()
    {
        Model = new ModelConfig
        {
            Encoder = encoder,
            InputPreprocessor = preprocessor,
            Similarity = similarity,
            EmbeddingDim = 8,
            MaxSequenceLength = 10,
            OutputLength = 2,
            DropoutRate = 0.1,
            OutputNorm = OutputNorm.LayerNorm,
            ItemEmbedding = new ItemEmbeddingConfig { Kind = embedding, Category = "year" },
            Mixture = new MixtureOfLogitsConfig { ComponentDim = 4, QueryGroupCount = 3, ItemGroupCount = 2, Temperature = 0.5, QueryHiddenDim = 6, QueryGateHiddenDim = 6, ItemGateHiddenDim = 6, PairGateHiddenDim = 6, UserHashSizes = [11] },
        },
        Loss = loss with { BalanceWeight = similarity == SimilarityKind.MixtureOfLogits ? 0.01 : 0 },
        Training = new TrainingConfig { BatchSize = 6, LearningRate = 0.02 },
    };

    // Through the text of its settings, as a user would write them: the rules apply.
    private static ExperimentConfig Bound(ExperimentConfig config) => ExperimentConfig.FromGin(config.ToGin(), "test").Config;

    private static void Check(ExperimentConfig experiment, SequenceStore store, WorkerPool workers, string path)
    {
        ExperimentConfig config = Bound(experiment);
        Assert.Equal(experiment, config);
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers);
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, config.Model.MaxSequenceLength), config.Training);
        loader.Begin(epoch: 0);
        SequenceBatch batch = loader.Next()!;
        double before = Loss(trainer.Model, config, batch, workers);
        for (int step = 0; step < 3; step++) Assert.True(double.IsFinite(trainer.Step(batch)));
        double after = Loss(trainer.Model, config, batch, workers);
        Assert.True(after < before, $"{config.Model.Encoder}, {config.Loss.Kind}, {config.Loss.Sampling}, {config.Model.ItemEmbedding.Kind}: the loss went from {before} to {after}");

        LeaveOneOut view = LeaveOneOut.Test(store, config.Model.MaxSequenceLength);
        EvaluationReport report = Evaluator.Evaluate(trainer.Model, view, new EvaluationOptions { Workers = workers });
        Assert.Equal(store.UserCount, report.UserCount);
        ModelArtifact.Save(path, trainer.Model, store.Items, new long[store.Items.Count + 1], new ArtifactManifest
        {
            Creator = "test", Configuration = config.ToGin(), ItemCount = store.Items.Count, DataName = store.Name, DataFingerprint = store.Fingerprint, Protocol = "reference", Epoch = 0,
        });
        using ModelArtifact loaded = ModelArtifact.Load(path);
        (int[] items, float[] scores) = Answers(trainer.Model, batch, workers);
        (int[] loadedItems, float[] loadedScores) = Answers(loaded.Model, batch, workers);
        Assert.Equal(items, loadedItems);
        Assert.Equal(scores, loadedScores);
        Assert.Equal(report.Metrics, Evaluator.Evaluate(loaded.Model, view, new EvaluationOptions { Workers = workers }).Metrics);
    }

    // Without dropout, over the negatives of eight steps: those of one say little where there is one a token.
    private static double Loss(RecommenderModel model, ExperimentConfig config, SequenceBatch batch, WorkerPool workers)
    {
        model.RefreshItems(workers);
        using var tape = new Tape(workers, differentiate: false);
        var loss = new NextItemLoss(config.Loss, ItemCount, seed: 5);
        double sum = 0;
        for (int step = 0; step < 8; step++)
        {
            tape.Begin();
            sum += loss.Compute(tape, model, batch, model.Encode(tape, batch), step);
        }
        return sum / 8;
    }

    private static (int[] Items, float[] Scores) Answers(RecommenderModel model, SequenceBatch batch, WorkerPool workers)
    {
        const int K = 7;
        using var tape = new Tape(workers, differentiate: false);
        using ITopKIndex index = TopKIndex.Create(model, TopKIndex.Default(model), workers, IndexPrecision.Float32);
        var nothing = new ExcludedItems();
        for (int user = 0; user < batch.UserCount; user++) nothing.Add([]);
        int[] items = new int[batch.UserCount * K];
        float[] scores = new float[items.Length];
        index.Search(LastStates.Encode(model, tape, batch), nothing, K, items, scores);
        return (items, scores);
    }
}
