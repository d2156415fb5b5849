using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Serving;
using Sequor.Tests.Data;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Training;

/// <summary>
/// Two clusters of users, one for each genre; items 1 … 20 are of genre A, 21 … 40 of genre B, and the last of each genre, 20 and 40, were
/// never seen by anyone.
/// </summary>
public sealed class ColdItemTests : IDisposable
{
    private const int PerGenre = 20, Items = 2 * PerGenre, Users = 60;
    private static readonly int[] s_cold = [PerGenre, Items];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_item_that_nobody_has_seen_is_recommended_to_those_who_love_its_genre()
    {
        using Recommender recommender = Recommender.Load(Train("features"));
        Assert.True(Rank(recommender, likesA: true, PerGenre) < Rank(recommender, likesA: true, Items));
        Assert.True(Rank(recommender, likesA: false, Items) < Rank(recommender, likesA: false, PerGenre));
        foreach (bool likesA in (bool[])[true, false])
        {
            int cold = likesA ? PerGenre : Items, worst = Rank(recommender, likesA, cold);
            Assert.All(Enumerable.Range(1, Items).Where(item => IsOfA(item) != likesA), other => Assert.True(worst < Rank(recommender, likesA, other), $"{cold} ranks {worst}, behind {other}"));
        }
    }

    [Fact]
    public void An_artefact_keeps_attributes_and_answers_as_the_model_did()
    {
        string run = Train("features");
        using ModelArtifact artifact = ModelArtifact.Load(run);
        Assert.Equal(["genre", "parity"], artifact.Items.Attributes.Select(attribute => attribute.Name));
        Assert.Equal(["A"], artifact.Items.Attributes[0].ValuesAt(PerGenre - 1));
        Assert.All(s_cold, item => Assert.All(artifact.Model.Parameters[0].Value[item].ToArray(), weight => Assert.Equal(0, weight)));

        long[] popularity = [.. Enumerable.Repeat(1L, Items + 1)];
        ModelArtifact.Save(folder.File("again"), artifact.Model, artifact.Items, popularity, artifact.Manifest);
        using Recommender first = Recommender.Load(run), second = Recommender.Load(folder.File("again"));
        Assert.Equal(first.Recommend([1, 3, 5], [], Items), second.Recommend([1, 3, 5], [], Items));
    }

    // The store gives events; what an item is, the model has learned with its own attributes.
    [Fact]
    public void Evaluated_on_a_store_with_other_attributes_the_artefacts_own_prevail()
    {
        using ModelArtifact artifact = ModelArtifact.Load(Train("features"));
        string other = Store("other", [CategoricalAttribute.Create("shelf", [.. Enumerable.Range(0, Items).Select(i => (string[])[$"{i}"])])]);
        Assert.Equal(Metrics(folder.File("toy")), Metrics(other));

        IReadOnlyDictionary<string, double> Metrics(string path)
        {
            using var store = SequenceStore.Open(path);
            return Evaluator.Evaluate(artifact.Model, LeaveOneOut.Test(store, 20), new EvaluationOptions { Protocol = "reference" }).Metrics;
        }
    }

    [Fact]
    public void Items_of_one_category_score_alike()
    {
        using Recommender recommender = Recommender.Load(Train("categorical"));
        var scores = recommender.Recommend([1, 3, 5], [], Items).ToDictionary(found => found.ItemIndex, found => found.Score);
        Assert.Equal(2, scores.Values.Distinct().Count());
        Assert.Equal(scores[2], scores[PerGenre]);
        Assert.True(scores[2] > scores[Items]);
    }

    private static bool IsOfA(int item) => item <= PerGenre;

    private static int Rank(Recommender recommender, bool likesA, int item)
    {
        int[] history = likesA ? [2, 9, 5, 14] : [22, 29, 25, 34];
        int place = recommender.Recommend(history, [], Items).ToList().FindIndex(found => found.ItemIndex == item);
        return place < 0 ? 0 : place;
    }

    private string Train(string kind)
    {
        ExperimentConfig config = ExperimentConfig.FromGin($"""
            train_fn.main_module = 'SASRec'
            sasrec_encoder.num_blocks = 1
            train_fn.item_embedding_dim = 16
            train_fn.max_sequence_length = 20
            train_fn.num_negatives = 8
            train_fn.local_batch_size = 16
            train_fn.learning_rate = 1e-2
            train_fn.num_epochs = 8
            train_fn.embedding_module_type = '{kind}'
            train_fn.item_category = 'genre'
            """, "test").Config;
        CategoricalAttribute[] attributes =
        [
            CategoricalAttribute.Create("genre", [.. Enumerable.Range(1, Items).Select(item => (string[])[IsOfA(item) ? "A" : "B"])]),
            CategoricalAttribute.Create("parity", [.. Enumerable.Range(1, Items).Select(item => (string[])(item % 5 == 0 ? [] : [item % 2 == 0 ? "even" : "odd"]))]),
        ];
        using var store = SequenceStore.Open(Store("toy", attributes));
        using var workers = new WorkerPool(2);
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers);
        string run = folder.File(kind);
        trainer.Fit(run);
        return Path.Combine(run, "last");
    }

    private string Store(string name, CategoricalAttribute[] attributes)
    {
        var items = ItemVocabulary.Create([.. Enumerable.Range(1, Items).Select(i => $"id-{i}")], null, attributes);
        using var writer = new SequenceStoreWriter(folder.File(name), SmallStore.Metadata, items, hasRatings: false, hasTimestamps: false);
        for (int user = 0; user < Users; user++)
        {
            var random = new Random(user);
            int first = user % 2 == 0 ? 1 : PerGenre + 1;
            int[] seen = [.. Enumerable.Range(first, PerGenre - 1).OrderBy(_ => random.Next()).Take(12)];
            writer.Add($"user {user}", seen, [], []);
        }

        writer.Complete();
        return folder.File(name);
    }
}
