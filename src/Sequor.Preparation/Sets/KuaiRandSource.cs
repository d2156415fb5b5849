using Sequor.Preparation.Downloads;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation.Sets;

/// <summary>
/// KuaiRand-1K: what a thousand people were shown by a video app in a month. Both logs of the app's own choices are read, not the log of
/// random ones; a click is an event. The catalogue is the videos that were clicked; they have no titles.
/// </summary>
internal sealed record KuaiRandSource : PublishedSource
{
    private static readonly string[] Logs = ["log_standard_4_08_to_4_21_1k.csv", "log_standard_4_22_to_5_08_1k.csv"];

    private KuaiRandSource(Publication publication) : base(publication) { }

    /// <summary>The set of that name.</summary>
    public static KuaiRandSource Create(string name) => new(new Publication
    {
        Name = name,
        Home = "https://kuairand.com/",
        Terms = "CC BY-SA 4.0",
        Address = new Uri("https://zenodo.org/records/10439422/files/KuaiRand-1K.tar.gz"),
        Md5 = "6b0b9c8222d67fcd4c676218edca3f1f",
        Files = Logs,
    });

    private protected override RatingsImport Import(SetFiles files, ImportRun run) =>
        new(run.Request, run.Name, run.Progress, run.CancellationToken)
        {
            Ratings = new RatingsTable
            {
                Files = [.. Logs.Select(name => files[name])],
                Format = TableFormat.Delimited,
                Columns =
                [
                    "user_id", "video_id", "date", "hourmin", "time_ms", "is_click", "is_like", "is_follow", "is_comment", "is_forward", "is_hate",
                    "long_view", "play_time_ms", "duration_ms", "profile_stay_time", "comment_stay_time", "is_profile_enter", "is_rand", "tab",
                ],
                Delimiter = ",",
                HasHeader = true,
                User = "user_id",
                Item = "video_id",
                Time = "time_ms",
                Where = "is_click = '1'",
            },
            Source = $"{DefaultName}: clicks of {string.Join(", ", Logs)}",
        };
}
