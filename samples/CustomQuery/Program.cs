// A stage of your own between encoder and index: dotnet run -c Release --project samples/CustomQuery -- RUN/best
using Sequor.Artifacts;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

if (args is not [var folder])
{
    Console.Error.WriteLine("give the folder of a model, such as the one that samples/TrainIn40Lines leaves");
    return 2;
}

// The parts that a Recommender is made of.
using ModelArtifact artifact = ModelArtifact.Load(folder);
RecommenderModel model = artifact.Model;
using ITopKIndex index = TopKIndex.Create(model, TopKIndex.Default(model), WorkerPool.Shared);
using var tape = new Tape(WorkerPool.Shared, differentiate: false);
using var batch = new SequenceBatch();

int[] history = [.. new[] { "song-7", "song-8", "song-9" }.Select(Index)];
Show("as the model says", Ask(query => { }));
Show("drawn towards song-40", Ask(query => Draw(query, Index("song-40"), weight: .5f)));
return 0;

// A history becomes a query row (1, D), whoever wants to changes it, and the index answers.
int[] Ask(Action<Span<float>> change)
{
    batch.Clear();
    batch.Add(user: 0, new UserSequence(history, [], []), targetItem: 0, targetTime: null);
    Matrix query = LastStates.Encode(model, tape, batch);
    change(query[0]);
    var seen = new ExcludedItems();
    seen.Add(history);
    int[] items = new int[5];
    index.Search(query, seen, items.Length, items, new float[items.Length]);
    return items;
}

// q ← (1 − w) · q + w · x / ‖x‖: a wish, beside what was heard.
void Draw(Span<float> query, int item, float weight)
{
    Span<float> wish = model.Items.Value[item];
    float length = 0;
    foreach (float x in wish) length += x * x;
    length = MathF.Sqrt(length);
    for (int c = 0; c < query.Length; c++) query[c] = (1 - weight) * query[c] + weight * wish[c] / length;
}

int Index(string id) => artifact.Items.TryGetIndex(id, out int item) ? item : throw new ArgumentException($"the model knows no {id}");

void Show(string title, int[] items) => Console.WriteLine($"{title}: {string.Join(", ", items.Select(artifact.Items.Id))}");
