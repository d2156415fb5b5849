using System.Text;
using Sequor.Data;
using Sequor.Fuzz.Mutation;
using Sequor.Preparation;

namespace Sequor.Fuzz.Readers;

/// <summary>Tables of interactions and of items from <c>prepare</c> and <c>append</c> to the store; DuckDB parses them, so an input takes milliseconds.</summary>
internal sealed class TableReader : FuzzReader
{
    private const string Out = "out.sequor", Base = "base.sequor";
    private static readonly string[] s_words = ["user", "item", "rating", "time", "\n", ",", "\t", "::", "\"", "1700000000", "2014-03-01", "NULL"];

    private static readonly (string Name, string Text)[] s_tables =
    [
        ("r.csv", "user,item,rating,time\nu1,a,5,978300019\nu1,b,3.5,978300055\nu2,a,1,978300275\nu2,\"c,d\",4,978300276\n"),
        ("r.tsv", "user\titem\trating\ttime\nu1\ta\t5\t2001-01-01 10:00:00\nu2\tb\t3\t2001-01-02\n"),
        ("r.jsonl", "{\"user\":\"u1\",\"item\":\"a\",\"rating\":5,\"time\":978300019}\n{\"user\":2,\"item\":\"b\",\"rating\":3.5,\"time\":978300055}\n"),
        ("r.csv.gz", "user,item,rating,time\nu1,a,5,978300019000\nu1,b,3.5,978300055000\n"),
    ];

    private const string Items = "id,name,genre\na,One,x|y\nb,\"Two, 2\",\n\"c,d\",Three,z\n";

    public TableReader(Workspace workspace) : base("tables", workspace)
    {
        File.WriteAllText(workspace.At("r.csv"), s_tables[0].Text);
        Prepare("r.csv", withItems: false, skip: false, workspace.At(Base));
        File.Delete(workspace.At("r.csv"));
    }

    // DuckDB's rows come in chunks of 2,048, and writers have blocks; the hand-over holds sixteen of them.
    public override long AllowedBytes(long size) => (64 << 20) + 256 * size;

    public override TimeSpan AllowedTime => TimeSpan.FromSeconds(10);

    public override FuzzInput Make(FuzzRandom random)
    {
        (string name, string text) = random.Of<(string, string)>(s_tables);
        byte[] bytes = TextMutator.MutateBytes(random, text, s_words);
        FuzzInput input = FuzzInput.Of(name, name.EndsWith(".gz", StringComparison.Ordinal) ? random.Once(3) ? ByteMutator.Mutate(random, CompressionChecks.Gzip(Encoding.UTF8.GetBytes(text))) : CompressionChecks.Gzip(bytes) : bytes);
        if (random.Once(3)) input.Files.Add("items.csv", random.Once(2) ? Encoding.UTF8.GetBytes(Items) : TextMutator.MutateBytes(random, Items, ["id", "name", "genre", "|", "\n"]));
        if (random.Once(2)) input.Files.Add("skip", []);
        return input;
    }

    public override void Read(FuzzInput input)
    {
        string table = input.Files.Keys.First(name => name.StartsWith("r.", StringComparison.Ordinal));
        bool append = input.Size % 4 == 0;
        try
        {
            Prepare(table, input.Files.ContainsKey("items.csv"), input.Files.ContainsKey("skip"), Workspace.At(Out), append);
            using SequenceStore store = SequenceStore.Open(Workspace.At(Out));
            StoreReader.Use(store);
        }
        finally
        {
            File.Delete(Workspace.At(Out));
        }

        Require(Directory.GetFileSystemEntries(Workspace.Folder).Length == input.Files.Count + 1, "a file was left behind");
    }

    private void Prepare(string table, bool withItems, bool skip, string output, bool append = false)
    {
        var source = new DelimitedRatingsSource
        {
            Paths = [Workspace.At(table)], UserColumn = "user", ItemColumn = "item", RatingColumn = "rating", TimeColumn = "time",
            ItemsPath = withItems ? Workspace.At("items.csv") : null, ItemIdColumn = withItems ? "id" : null, TitleColumn = withItems ? "name" : null, ItemAttributeColumns = withItems ? ["genre"] : [],
        };
        DatasetSource from = append ? new AppendSource(Workspace.At(Base), source) : source;
        DatasetPreparer.Prepare(new PreparationRequest { Source = from, Output = output, ThreadCount = 1, SkipBadRows = skip, MemoryLimitBytes = 128 << 20 });
    }
}
