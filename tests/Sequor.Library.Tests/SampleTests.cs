using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Sequor.Library.Tests;

/// <summary>The model that TrainIn40Lines leaves, which other samples ask.</summary>
public sealed class TrainedSample : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    internal string Model => Path.Combine(_folder.Path, "run", "best");

    internal string[] Output { get; private set; } = [];

    public async ValueTask InitializeAsync() => Output = await SampleProcess.RunAsync("TrainIn40Lines", _folder.Path);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Samples do what they say.</summary>
public sealed class SampleTests(TrainedSample trained) : IClassFixture<TrainedSample>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Training_in_40_lines_learns_the_order_of_the_album()
    {
        Assert.True(File.ReadAllLines(Repository.File("samples", "TrainIn40Lines", "Program.cs")).Length <= 40);
        Assert.Equal(4, trained.Output.Length);
        Assert.True(double.Parse(trained.Output[0].Split(' ')[^1], CultureInfo.InvariantCulture) > .7, trained.Output[0]);
        Assert.EndsWith("  song-10", trained.Output[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_answers_with_an_injected_recommender()
    {
        using Process app = Process.Start(SampleProcess.Of("AspNetCore", "--model", trained.Model, "--urls", "http://127.0.0.1:0"))!;
        try
        {
            using var http = new HttpClient { BaseAddress = await Address(app) };
            string[]? after = await http.GetFromJsonAsync<string[]>("/after/song-9", Cancellation);
            Assert.Equal("song-10", after![0]);
            string[]? like = await http.GetFromJsonAsync<string[]>("/like/song-9", Cancellation);
            Assert.Equal(3, like!.Length);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await http.GetAsync("/after/nothing", Cancellation)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/like/nothing", Cancellation)).StatusCode);
            using HttpResponseMessage answer = await http.PostAsJsonAsync("/recommend", new { history = new List<string> { "song-7", "song-8" }, k = 3 }, Cancellation);
            JsonElement items = (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("items");
            Assert.Equal("song-9", items[0].GetProperty("itemId").GetString());
            Assert.Equal("Healthy", await http.GetStringAsync("/health", Cancellation));
        }
        finally
        {
            app.Kill();
            await app.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Ratings_of_ml_net_become_sequences()
    {
        using var folder = new TemporaryFolder();
        string[] lines = await SampleProcess.RunAsync("MlNet", folder.Path);
        Assert.Equal("300 users, 30 films, 3000 ratings", lines[0]);
        int last = int.Parse(lines[1].Split('-')[^1], CultureInfo.InvariantCulture);
        // The next film of the list, or the one behind it.
        Assert.Contains(lines[2].Split('-')[^1], (string[])[$"{(last + 1) % 30}", $"{(last + 2) % 30}"]);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public async Task A_catalogue_is_searched_through_vector_data()
    {
        string[] lines = await SampleProcess.RunAsync("VectorData", trained.Model);
        Assert.Equal(3, lines.Length);
        string[] next = lines[0]["next: ".Length..].Split(", ");
        Assert.Equal("song-10", next[0]);
        string[] even = lines[1]["next, even ones: ".Length..].Split(", ");
        Assert.Equal(3, even.Length);
        Assert.All(even, id => Assert.Equal(0, int.Parse(id["song-".Length..], CultureInfo.InvariantCulture) % 2));
        Assert.Equal($"further down: {next[1]}, {next[2]}", lines[2]);
    }

    [Fact]
    public async Task A_query_can_be_changed_before_it_is_searched_by()
    {
        string[] lines = await SampleProcess.RunAsync("CustomQuery", trained.Model);
        Assert.StartsWith("as the model says: song-10, ", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("song-40", lines[0], StringComparison.Ordinal);
        Assert.Contains("song-40", lines[1].Split(": ")[1].Split(", "));
    }

    private static async Task<Uri> Address(Process app)
    {
        const string Said = "Now listening on: ";
        while (await app.StandardOutput.ReadLineAsync(Cancellation) is { } line)
            if (line.IndexOf(Said, StringComparison.Ordinal) is var at and >= 0) return new Uri(line[(at + Said.Length)..]);
        throw new InvalidOperationException(await app.StandardError.ReadToEndAsync(Cancellation));
    }
}
