// From a file of events to recommendations: dotnet run -c Release --project samples/TrainIn40Lines [FOLDER]
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Preparation;
using Sequor.Serving;
using Sequor.Training;

string folder = args is [var named] ? named : Directory.CreateTempSubdirectory("sequor-").FullName;
string csv = Path.Combine(folder, "plays.csv"), data = Path.Combine(folder, "plays.sequor"), run = Path.Combine(folder, "run");

// 1. Who heard what, and when. Made up: everyone goes through an album of 50 songs from a place of their own, and now and then leaves one out.
var random = new Random(42);
List<string> lines = ["user,song,time"];
for (int user = 0; user < 400; user++)
    for (int i = 0, song = random.Next(50); i < 15; i++, song += random.Next(10) == 0 ? 2 : 1)
        lines.Add($"u{user},song-{song % 50},{1_700_000_000 + 300 * i}");
File.WriteAllLines(csv, lines);

// 2. The file becomes a store: ids are numbered, events put in order.
var source = new DelimitedRatingsSource { Paths = [csv], UserColumn = "user", ItemColumn = "song", TimeColumn = "time" };
DatasetPreparer.Prepare(new PreparationRequest { Source = source, Output = data });

// 3. The store becomes a model. Epochs are compared on the second to last event of each user, the best is measured on the last.
var model = new ModelConfig { Encoder = EncoderKind.Hstu, EmbeddingDim = 32, MaxSequenceLength = 16, Hstu = new HstuConfig { QueryKeyDim = 32, ValueDim = 32 } };
var config = new ExperimentConfig { Model = model, Training = new TrainingConfig { BatchSize = 32, EpochCount = 8, WeightDecay = 0 }, Loss = new() { NegativeCount = 32 } };
using (var store = SequenceStore.Open(data))
using (var trainer = new Trainer(config, store, EvaluationProtocol.Validation, WorkerPool.Shared))
    Console.WriteLine($"HR@1 on the last event: {trainer.Fit(run).Test!.Metrics["hr@1"]:F3}");

// 4. The model answers.
using var recommender = Recommender.Load(Path.Combine(run, "best"));
int[] history = [.. new[] { "song-7", "song-8", "song-9" }.Select(id => recommender.Items.TryGetIndex(id, out int index) ? index : throw new ArgumentException(id))];
foreach (Recommendation next in recommender.Recommend(history, [0, 300, 600], k: 3)) Console.WriteLine($"{next.Score:F3}  {next.ItemId}");
