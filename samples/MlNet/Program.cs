// From ratings as ML.NET has them, rows for matrix factorization, to a model of sequences: dotnet run -c Release --project samples/MlNet
using Microsoft.ML;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Serving;
using Sequor.Training;

string folder = args is [var named] ? named : Directory.CreateTempSubdirectory("sequor-").FullName;
string store = Path.Combine(folder, "films.sequor"), run = Path.Combine(folder, "run");

// 1. What is there already: a row a rating, and keys, as MatrixFactorizationTrainer wants them.
var ml = new MLContext(seed: 42);
IDataView rows = ml.Data.LoadFromEnumerable(Ratings());
IDataView ratings = ml.Transforms.Conversion.MapValueToKey("UserKey", nameof(Rating.UserId))
    .Append(ml.Transforms.Conversion.MapValueToKey("ItemKey", nameof(Rating.FilmId)))
    .Fit(rows).Transform(rows);

// 2. The same rows as sequences.
DataViewStore.Write(ratings, store, user: "UserKey", item: "ItemKey", rating: nameof(Rating.Label), time: nameof(Rating.Time));
using SequenceStore sequences = SequenceStore.Open(store);
Console.WriteLine($"{sequences.UserCount} users, {sequences.Items.Count} films, {sequences.InteractionCount} ratings");

// 3. Train, and ask. A factorization predicts the stars of a pair that you name; this ranks all films behind a history.
var config = new ExperimentConfig
{
    Model = new ModelConfig { Encoder = EncoderKind.SasRec, EmbeddingDim = 32, MaxSequenceLength = 12, SasRec = new() { FeedForwardDim = 32 } },
    Loss = new() { NegativeCount = 16 },
    Training = new() { BatchSize = 32, EpochCount = 8, WeightDecay = 0 },
};
using (var trainer = new Trainer(config, sequences, EvaluationProtocol.Validation, WorkerPool.Shared)) trainer.Fit(run);
using var recommender = Recommender.Load(Path.Combine(run, "best"));
UserSequence first = sequences[0];
Console.WriteLine($"{sequences.UserId(0)} saw {string.Join(", ", first.Items.ToArray().Select(recommender.Items.Id))}");
foreach (Recommendation next in recommender.Recommend(first.Items, first.Timestamps, k: 3)) Console.WriteLine($"{next.Score:F3}  {next.ItemId}");

// Made up: viewers go through a list of 30 films from a place of their own.
static IEnumerable<Rating> Ratings()
{
    var random = new Random(42);
    for (int user = 0; user < 300; user++)
        for (int i = 0, film = random.Next(30); i < 10; i++, film += random.Next(10) == 0 ? 2 : 1)
            yield return new Rating { UserId = $"viewer-{user}", FilmId = $"film-{film % 30}", Label = 1 + random.Next(5), Time = 1_700_000_000 + 86_400 * i };
}

/// <summary>A rating, as a sample for matrix factorization has it, and when it was given.</summary>
internal sealed class Rating
{
    public string UserId { get; set; } = "";

    public string FilmId { get; set; } = "";

    public float Label { get; set; }

    public long Time { get; set; }
}
