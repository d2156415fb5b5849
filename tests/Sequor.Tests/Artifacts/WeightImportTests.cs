using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Tests.Parity;
using Xunit;

namespace Sequor.Tests.Artifacts;

public sealed class WeightImportTests : IDisposable
{
    private const string ItemTable = "_embedding_module._item_emb.weight";
    private const int Width = 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(EncoderKind.Hstu)]
    [InlineData(EncoderKind.SasRec)]
    public void A_checkpoint_by_id_gives_every_item_the_row_of_its_number(EncoderKind encoder)
    {
        using SequenceStore store = Store("2", "5", "9");
        string file = Checkpoint(encoder, tableRows: 12);
        ImportedWeights imported = WeightImport.Read(file, Config(encoder), store, null, _folder.File("model"));
        Assert.Equal((7, 12L, ItemRowRule.Id), (imported.Epoch, imported.TableRowCount, imported.Manifest.ImportedFrom!.ItemRows));
        Assert.Equal(["_attn_mask"], imported.Ignored);
        using var model = ModelArtifact.Load(_folder.File("model"));
        Assert.Equal(("weights.pt", 7), (model.Manifest.ImportedFrom!.FileName, model.Manifest.Epoch));
        Assert.Equal(64, model.Manifest.ImportedFrom.Sha256.Length);
        foreach ((int index, int row) in new[] { (0, 0), (1, 2), (2, 5), (3, 9) })
            Assert.Equal(Enumerable.Range(0, Width).Select(column => Value(0, (row * Width) + column)), model.Model.Items.Value[index].ToArray());
        for (int p = 1; p < model.Model.Parameters.Count; p++)
            Assert.Equal(Enumerable.Range(0, model.Model.Parameters[p].Shape.Aggregate(1, (a, b) => a * b)).Select(i => Value(p, i)), GoldenModel.Values(model.Model.Parameters[p].Value));
    }

    [Fact]
    public void A_checkpoint_by_index_gives_items_their_rows_in_order()
    {
        using SequenceStore store = Store("B00A", "B00B", "B00C");
        WeightImport.Read(Checkpoint(EncoderKind.Hstu, tableRows: 4), Config(EncoderKind.Hstu), store, null, _folder.File("model"));
        using var model = ModelArtifact.Load(_folder.File("model"));
        Assert.Equal(Enumerable.Range(0, 4 * Width).Select(i => Value(0, i)), GoldenModel.Values(model.Model.Items.Value));
    }

    [Theory]
    [InlineData(ItemRowRule.Id, 10)]
    [InlineData(ItemRowRule.Index, 4)]
    public void What_is_exported_imports_to_the_same_bytes(ItemRowRule rule, long tableRows)
    {
        using SequenceStore store = Store("2", "5", "9");
        WeightImport.Read(Checkpoint(EncoderKind.SasRec, tableRows), Config(EncoderKind.SasRec), store, rule, _folder.File("first"));
        string exported = _folder.File("exported.safetensors");
        using (var model = ModelArtifact.Load(_folder.File("first")))
            model.ExportWeights(exported, rule == ItemRowRule.Id ? ItemRows.ById(model.Items) : ItemRows.ByIndex(model.Items.Count));
        using (SafetensorsReader file = SafetensorsReader.Open(exported))
        {
            Assert.Equal([tableRows, Width], file.Tensors.First(tensor => tensor.Name == ItemTable).Dimensions);
            if (rule == ItemRowRule.Id)
            {
                // Rows of no item are zero, the others those of the checkpoint.
                var rows = new List<float[]>();
                file.Read(ItemTable, (_, values) => rows.Add(values.ToArray()));
                Assert.Equal(Enumerable.Range(0, Width).Select(column => Value(0, (5 * Width) + column)), rows[5]);
                Assert.All(rows[6], value => Assert.Equal(0, value));
            }
        }

        ImportedWeights again = WeightImport.Read(exported, Config(EncoderKind.SasRec), store, null, _folder.File("second"));
        Assert.Equal((7, rule), (again.Epoch, again.Manifest.ImportedFrom!.ItemRows));
        Assert.Equal(Weights("first"), Weights("second"));
    }

    [Fact]
    public void Tensors_that_are_missing_or_too_many_are_listed()
    {
        using SequenceStore store = Store("2", "5", "9");
        string sasrec = Checkpoint(EncoderKind.SasRec, tableRows: 10);
        string message = Refusal(sasrec, EncoderKind.Hstu, store);
        Assert.StartsWith(
            $"{sasrec} lacks _hstu._attention_layers.0._uvqk, _hstu._attention_layers.0._rel_attn_bias._ts_w, _hstu._attention_layers.0._rel_attn_bias._pos_w, "
            + "_hstu._attention_layers.0._o.weight, _hstu._attention_layers.0._o.bias and has besides attention_layers.0.in_proj_weight, ",
            message,
            StringComparison.Ordinal);
        Assert.EndsWith("; give the settings that it was trained with", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("model")));
    }

    [Fact]
    public void A_shape_that_differs_is_named_beside_the_expected_one()
    {
        using SequenceStore store = Store("2", "5", "9");
        string file = Checkpoint(EncoderKind.Hstu, tableRows: 10);
        ExperimentConfig wider = Config(EncoderKind.Hstu, "train_fn.max_sequence_length = 20");
        Assert.Equal(
            $"{file} must hold _input_features_preproc._pos_emb.weight of shape (31, 4), but has shape (19, 4)",
            Assert.Throws<InvalidInputException>(() => WeightImport.Read(file, wider, store, null, _folder.File("model"))).Message);
    }

    [Fact]
    public void A_table_of_another_catalogue_is_refused()
    {
        using SequenceStore store = Store("2", "5", "9");
        Assert.Contains("the item table has 9 rows and the store 3 items", Refusal(Checkpoint(EncoderKind.Hstu, tableRows: 9), EncoderKind.Hstu, store), StringComparison.Ordinal);
    }

    private static float Value(int parameter, int element) => parameter + (element / 1024f);

    private static ExperimentConfig Config(EncoderKind encoder, string more = "") => ExperimentConfig.FromGin(
        $"""
        train_fn.main_module = "{(encoder == EncoderKind.Hstu ? "HSTU" : "SASRec")}"
        train_fn.max_sequence_length = 8
        train_fn.item_embedding_dim = {Width}
        hstu_encoder.num_blocks = 1
        hstu_encoder.dqk = 2
        hstu_encoder.dv = 2
        sasrec_encoder.num_blocks = 1
        sasrec_encoder.ffn_hidden_dim = 4
        {more}
        """,
        "test.gin").Config;

    /// <summary>A checkpoint as the reference saves it, with a number of its own in every place.</summary>
    private string Checkpoint(EncoderKind encoder, long tableRows)
    {
        using var model = new RecommenderModel(Config(encoder).Model, 1);
        var storages = new List<(string, byte[])> { ("99", new byte[19 * 19]) };
        byte[] pickle = new PickleWriter().Dictionary(root => root
            .Text("epoch").Number(7)
            .Text("model_state_dict").StateDictionary(state =>
            {
                state.Text("module._attn_mask").Tensor("BoolStorage", "99", 361, 0, [19, 19], [19, 1]);
                for (int p = 0; p < model.Parameters.Count; p++)
                {
                    int number = p;
                    long[] shape = [.. model.Parameters[p].Shape.Select(dimension => (long)dimension)];
                    if (model.Parameters[p].Name == ItemTable) shape[0] = tableRows;
                    storages.Add(($"{p}", CheckpointFile.Floats([.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => Value(number, i))])));
                    state.Text($"module.{model.Parameters[p].Name}").Tensor($"{p}", shape);
                }
            })).Stop();
        File.WriteAllBytes(_folder.File("weights.pt"), CheckpointFile.Zip(pickle, [.. storages]));
        return _folder.File("weights.pt");
    }

    private SequenceStore Store(params string[] ids)
    {
        string sequence = string.Join(',', ids);
        string csv = _folder.Write("sasrec_format.csv", $"""
            index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps
            0,1,"{sequence}","5,4,3","10,20,30"
            """);
        SequenceCsv.ToStore(csv, _folder.File("small.sequor"), "small", ItemVocabulary.Create(ids));
        return SequenceStore.Open(_folder.File("small.sequor"));
    }

    private byte[] Weights(string model) => File.ReadAllBytes(Path.Combine(_folder.File(model), ModelArtifact.WeightsFileName));

    private string Refusal(string file, EncoderKind encoder, SequenceStore store) =>
        Assert.Throws<InvalidInputException>(() => WeightImport.Read(file, Config(encoder), store, null, _folder.File("model"))).Message;
}
