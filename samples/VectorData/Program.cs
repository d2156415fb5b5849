// A model's catalogue behind Microsoft.Extensions.VectorData: dotnet run -c Release --project samples/VectorData -- RUN/best
using System.Globalization;
using Microsoft.Extensions.VectorData;
using Sequor.Serving;

if (args is not [var model])
{
    Console.Error.WriteLine("give the folder of a model, such as the one that samples/TrainIn40Lines leaves");
    return 2;
}

using var recommender = Recommender.Load(model);
IVectorSearchable<Song> songs = new SequorCollection<Song>(recommender, item => new Song(recommender.Items.Id(item)));

// Code that knows nothing of Sequor: any searchable of songs would do.
string[] history = ["song-7", "song-8", "song-9"];
await Show("next", songs.SearchAsync(history, top: 3));
await Show("next, even ones", songs.SearchAsync(history, top: 3, new VectorSearchOptions<Song> { Filter = song => song.Number % 2 == 0 }));
await Show("further down", songs.SearchAsync(history, top: 2, new VectorSearchOptions<Song> { Skip = 1 }));
return 0;

static async Task Show(string title, IAsyncEnumerable<VectorSearchResult<Song>> found)
{
    var ids = new List<string>();
    await foreach (VectorSearchResult<Song> one in found) ids.Add(one.Record.Id);
    Console.WriteLine($"{title}: {string.Join(", ", ids)}");
}

/// <summary>A record, as an app has it.</summary>
internal sealed record Song(string Id)
{
    public int Number => int.Parse(Id.AsSpan("song-".Length), CultureInfo.InvariantCulture);
}
