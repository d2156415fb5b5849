using Sequor.Data;
using Sequor.Fuzz.Mutation;

namespace Sequor.Fuzz.Readers;

/// <summary>The interchange format, a row a user.</summary>
internal sealed class SequenceCsvReading(Workspace workspace) : FuzzReader("csv", workspace)
{
    private const string FileName = "sasrec_format.csv";

    private static readonly string[] s_words = ["user_id", "sequence_item_ids", "sequence_ratings", "sequence_timestamps", "index", "sex", "\"1,2,3\"", "\"\"", ",\"", "\n", "-1"];

    private const string Valid =
        "index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps,sex,jobs\n" +
        "0,7,\"10,20,30\",\"5.0,3.5,1.0\",\"978300019,978300055,978300275\",0,\"1,2\"\n" +
        "1,8,\"20\",\"4.0\",\"978300019\",1,-1\n2,b,\"30,10\",\"1,2\",\"1,1\",,x\n";

    public override FuzzInput Make(FuzzRandom random) => FuzzInput.Of(FileName, TextMutator.MutateBytes(random, Valid, s_words));

    public override void Read(FuzzInput input)
    {
        using var reader = new SequenceCsvReader(Workspace.At(FileName));
        while (reader.Read())
        {
            Require(reader.Length > 0 && !reader.UserId.IsEmpty, "a row without a user or an event");
            for (int i = 0; i < reader.Length; i++) Require(!reader.ItemId(i).IsEmpty, "an empty item id");
            foreach (float rating in reader.Ratings) Require(float.IsFinite(rating), "a rating that is no number");
            Require(reader.Timestamps.Length == 0 || reader.Timestamps.Length == reader.Length, "times of another number than items");
            for (int i = 0; i < reader.UserAttributes.Count; i++) _ = reader.UserAttribute(i).Length;
        }
    }
}

/// <summary>The interchange format as far as the store that comes of it.</summary>
internal sealed class SequenceCsvImport(Workspace workspace) : FuzzReader("csv-to-store", workspace)
{
    private readonly SequenceCsvReading _rows = new(workspace);

    // Blocks of the spools and of the writer.
    public override long AllowedBytes(long size) => (4 << 20) + 256 * size;

    public override FuzzInput Make(FuzzRandom random) => _rows.Make(random);

    public override void Read(FuzzInput input)
    {
        string store = Workspace.At("out.sequor");
        try
        {
            SequenceCsv.ToStore(Workspace.At("sasrec_format.csv"), store, "fuzz");
            using SequenceStore opened = SequenceStore.Open(store);
            StoreReader.Use(opened);
        }
        finally
        {
            File.Delete(store);
        }

        Require(Directory.GetFiles(Workspace.Folder).Length == 1, "a file was left behind");
    }
}
