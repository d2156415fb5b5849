using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Tests.Parity;
using Sequor.Tests.Properties;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Modeling;

public unsafe class ItemEmbeddingTests
{
    private const int Items = 3000, Dim = 11, Tokens = 900;

    [Fact]
    public void An_item_is_its_own_row_and_the_mean_of_the_values_of_each_attribute()
    {
        using var problem = new Problem(ItemEmbeddingKind.Features, idDropoutRate: 0.3);
        for (int item = 1; item <= Items; item++) problem.CheckRow(item, Row(problem.Own, item));
    }

    [Fact]
    public void Items_of_one_category_are_one_vector_and_those_without_share_category_0()
    {
        using var problem = new Problem(ItemEmbeddingKind.Categorical);
        CategoricalAttribute genres = problem.Attributes[0];
        Parameter table = Assert.Single(problem.Embedding.Parameters);
        Assert.Equal(genres.ValueCount + 2, table.Value.Rows);
        for (int item = 1; item <= Items; item++)
            Assert.Equal(table.Value[genres.CodesAt(item - 1) is [var first, ..] ? first + 2 : 1], problem.Embedding.Items.Value[item]);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0.4, 0.6, 1 / 0.6)]
    public void Dropout_leaves_out_whole_own_rows_in_a_step_and_none_outside(double rate, double share, double scale)
    {
        using var problem = new Problem(ItemEmbeddingKind.Features, rate);
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        bool[][] kept = [.. Enumerable.Range(0, 2).Select(step =>
        {
            tape.Begin(seed: 5, step);
            problem.Embedding.Begin(tape);
            return (bool[])[.. Enumerable.Range(1, Items).Select(item => problem.CheckRow(item, [.. Row(problem.Own, item).Select(x => (float)scale * x)], mayBeLeftOut: rate > 0))];
        })];
        foreach (bool[] step in kept) Assert.Equal(share, step.Count(k => k) / (double)Items, 0.03);
        Assert.Equal(rate > 0, !kept[0].SequenceEqual(kept[1]));

        problem.Embedding.Refresh(WorkerPool.Shared);
        for (int item = 1; item <= Items; item++) problem.CheckRow(item, Row(problem.Own, item));
    }

    // Many pieces of the table: what threads share must arrive once, in one order.
    [Theory]
    [InlineData(ItemEmbeddingKind.Features)]
    [InlineData(ItemEmbeddingKind.Categorical)]
    public void The_gradient_of_a_value_is_the_sum_over_its_items_at_any_number_of_threads(ItemEmbeddingKind kind)
    {
        float[][] one = Gradients(kind, threads: 1, check: true);
        Assert.Equal(one, Gradients(kind, threads: 2, check: false));
        Assert.Equal(one, Gradients(kind, threads: 3, check: false));
    }

    // With value rows of zero an item is its own row: every optimizer must move it as it moves a plain table.
    [Theory]
    [InlineData(ItemOptimizer.AdamW)]
    [InlineData(ItemOptimizer.LazyAdamW)]
    [InlineData(ItemOptimizer.PartialRowWiseAdamW)]
    public void Own_rows_move_as_those_of_a_local_table(ItemOptimizer optimizer)
    {
        Assert.Equal(Step(ItemEmbeddingKind.Local), Step(ItemEmbeddingKind.Features));

        float[] Step(ItemEmbeddingKind kind)
        {
            using var problem = new Problem(kind);
            foreach (Parameter values in problem.Embedding.Parameters.Skip(1)) new Span<float>(values.Value.Data, (int)values.Value.Size).Clear();
            problem.Step(optimizer);
            return GoldenModel.Values(problem.Own.Value);
        }
    }

    [Theory]
    [InlineData(ItemOptimizer.AdamW)]
    [InlineData(ItemOptimizer.LazyAdamW)]
    [InlineData(ItemOptimizer.PartialRowWiseAdamW)]
    public void The_own_row_of_an_item_without_training_events_stays_zero(ItemOptimizer optimizer)
    {
        using var problem = new Problem(ItemEmbeddingKind.Features, idDropoutRate: 0.2, observe: item => item % 2 == 0);
        float[] before = GoldenModel.Values(problem.Own.Value);
        for (int step = 0; step < 3; step++) problem.Step(optimizer);
        Assert.NotEqual(before, GoldenModel.Values(problem.Own.Value));
        for (int item = 1; item <= Items; item += 2) Assert.All(problem.Own.Value[item].ToArray(), weight => Assert.Equal(0, weight));
    }

    [Fact]
    public void A_table_as_a_training_step_left_it_answers_nobody()
    {
        using RecommenderModel model = TinyModels.Build("hstu_features", dropout: 0.5);
        History history = TinyModels.Histories(1, 9)[0];
        float[] before = TinyModels.Encode(model, WorkerPool.Shared, history)[0];
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        using var batch = new SequenceBatch();
        TinyModels.Fill(batch, history);
        tape.Begin(seed: 1, step: 1);
        model.Encode(tape, batch);
        Assert.Contains("RefreshItems", Assert.Throws<InvalidOperationException>(() => TinyModels.Encode(model, WorkerPool.Shared, history)).Message, StringComparison.Ordinal);
        model.RefreshItems();
        Assert.Equal(before, TinyModels.Encode(model, WorkerPool.Shared, history)[0]);
    }

    [Theory]
    [InlineData(ItemEmbeddingKind.Features, "genre", "train_fn.item_features names \"genre\", the items have \"genres\", \"year\"; name one of these")]
    [InlineData(ItemEmbeddingKind.Categorical, "genre", "train_fn.item_category names \"genre\", the items have \"genres\", \"year\"; name one of these")]
    [InlineData(ItemEmbeddingKind.Features, null, "train_fn.embedding_module_type = \"features\" needs attributes of the items, and the data have none; prepare the data")]
    [InlineData(ItemEmbeddingKind.Categorical, null, "train_fn.embedding_module_type = \"categorical\" needs attributes of the items, and the data have none; prepare the data")]
    public void An_attribute_that_is_not_there_is_refused(ItemEmbeddingKind kind, string? name, string expected)
    {
        var config = new ModelConfig { ItemEmbedding = new ItemEmbeddingConfig { Kind = kind, Category = name ?? "genres", Features = name is null ? [] : [name] } };
        string message = Assert.Throws<InvalidInputException>(() => new RecommenderModel(config, Items, name is null ? [] : TinyModels.Attributes(Items))).Message;
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
        Assert.Contains("--item-attributes", message, StringComparison.Ordinal);
    }

    private static float[] Row(Parameter parameter, int row) => parameter.Value[row].ToArray();

    private static float[][] Gradients(ItemEmbeddingKind kind, int threads, bool check)
    {
        using var workers = new WorkerPool(threads);
        using var problem = new Problem(kind, workers: workers);
        problem.Step(null);
        float[][] found = [.. problem.Embedding.Parameters.Select(GoldenModel.Gradient)];
        if (!check) return found;

        float[] items = problem.NaiveGradient();
        if (kind == ItemEmbeddingKind.Features) Agreement.Check("own rows", items, found[0]);
        for (int a = 0; a < (kind == ItemEmbeddingKind.Features ? 2 : 1); a++)
        {
            float[] gradient = found[kind == ItemEmbeddingKind.Features ? a + 1 : 0];
            var expected = new float[gradient.Length];
            for (int item = kind == ItemEmbeddingKind.Features ? 1 : 0; item <= Items; item++)
            {
                ReadOnlySpan<int> codes = problem.Attributes[a].CodesAt(Math.Max(item - 1, 0));
                int[] rows = kind == ItemEmbeddingKind.Features ? codes.ToArray() : [codes.IsEmpty ? 1 : codes[0] + 2];
                foreach (int row in rows)
                    for (int c = 0; c < Dim; c++) expected[row * Dim + c] += items[item * Dim + c] / rows.Length;
            }
            Agreement.Check(problem.Attributes[a].Name, expected, gradient);
        }
        return found;
    }

    // An embedding with large random weights, and a step in which entries of two kinds, one of them L2-normalised, reach a third of the items.
    private sealed class Problem : IDisposable
    {
        private const float Epsilon = 1e-6f;
        private readonly WorkerPool _workers;
        private readonly Tape _tape;
        private readonly int[] _ids;
        private readonly float[] _source;
        private readonly RowGradient _plain = new(), _normalized = new();
        private AdamWOptimizer? _optimizer;
        private int _step;

        internal Problem(ItemEmbeddingKind kind, double idDropoutRate = 0, Func<int, bool>? observe = null, WorkerPool? workers = null)
        {
            _workers = workers ?? WorkerPool.Shared;
            _tape = new Tape(_workers, differentiate: true);
            Attributes = TinyModels.Attributes(Items);
            Embedding = ItemEmbedding.Create(
                new ModelConfig { EmbeddingDim = Dim, ItemEmbedding = new ItemEmbeddingConfig { Kind = kind, IdDropoutRate = idDropoutRate } }, Items, Attributes, heldInPart: false);
            var random = new Random(6);
            foreach (Parameter parameter in Embedding.Parameters)
                for (int row = 0; row < parameter.Value.Rows; row++)
                    foreach (ref float weight in parameter.Value[row]) weight = (float)random.NextDouble() - 0.5f;
            if (observe is not null) Embedding.Initialize(new WeightInitializer(3), [.. Enumerable.Range(0, Items + 1).Select(item => observe(item) ? 1L : 0)]);
            Embedding.Refresh(WorkerPool.Shared);
            // Drawn alike for all kinds, however many weights they have.
            random = new Random(7);
            _ids = [.. Enumerable.Range(0, Tokens).Select(_ => 1 + random.Next(Items / 3) * 3 + random.Next(2))];
            _source = [.. Enumerable.Range(0, Tokens * Dim).Select(_ => (float)random.NextDouble() - 0.5f)];
        }

        internal ItemEmbedding Embedding { get; }

        internal CategoricalAttribute[] Attributes { get; }

        internal Parameter Own => Embedding.Parameters[0];

        /// <summary>Whether the row holds the own part; checks that it holds it, or nothing of it, and the values.</summary>
        internal bool CheckRow(int item, float[] own, bool mayBeLeftOut = false)
        {
            var values = new float[Dim];
            for (int a = 0; a < Attributes.Length; a++)
            {
                ReadOnlySpan<int> codes = Attributes[a].CodesAt(item - 1);
                foreach (int code in codes)
                    for (int c = 0; c < Dim; c++) values[c] += Embedding.Parameters[a + 1].Value[code][c] / codes.Length;
            }
            float[] found = Row(Embedding.Items, item);
            bool keeps = !mayBeLeftOut || Math.Abs(found[0] - values[0]) > Math.Abs(found[0] - values[0] - own[0]);
            Agreement.Check($"item {item}", [.. values.Select((v, c) => keeps ? v + own[c] : v)], found);
            return keeps;
        }

        internal void Step(ItemOptimizer? kind)
        {
            _tape.Begin(seed: 2, _step++);
            Embedding.Begin(_tape);
            Matrix table = Embedding.Items.Value, source = _tape.Allocate(Tokens, Dim);
            new Span<float>(source.Data, (int)source.Size).Clear();
            GoldenModel.Copy(_source, source);
            fixed (int* ids = _ids)
            {
                _plain.Set(_tape, ids, Tokens, 1, null, 0.5f, source.Data, table, normalized: false, epsilon: 0);
                _normalized.Set(_tape, ids, Tokens, 3, null, -0.7f, source.Data, table, normalized: true, Epsilon);
            }
            Embedding.Items.Add(_plain);
            Embedding.Items.Add(_normalized);
            _tape.Backward();
            if (kind is null) return;
            _optimizer ??= new AdamWOptimizer(Embedding.Parameters, new TrainingConfig { LearningRate = 0.01, WeightDecay = 0.1, ItemOptimizer = kind.Value }, _workers);
            _optimizer.Step();
        }

        /// <summary>Gradient of the item table after <see cref="Step"/>, with the rows that it was normalised by.</summary>
        internal float[] NaiveGradient()
        {
            var gradient = new float[(Items + 1) * Dim];
            var unit = new double[(Items + 1) * Dim];
            for (int e = 0; e < Tokens; e++)
                for (int c = 0; c < Dim; c++)
                {
                    gradient[_ids[e] * Dim + c] += 0.5f * _source[e * Dim + c];
                    unit[_ids[e] * Dim + c] -= 0.7 * _source[e / 3 * Dim + c];
                }
            for (int item = 0; item <= Items; item++)
            {
                float[] x = Row(Embedding.Items, item);
                double norm = Math.Max(Math.Sqrt(x.Sum(v => (double)v * v)), Epsilon), dot = 0;
                for (int c = 0; c < Dim; c++) dot += unit[item * Dim + c] * x[c] / norm;
                for (int c = 0; c < Dim; c++) gradient[item * Dim + c] += (float)((unit[item * Dim + c] - dot * x[c] / norm) / norm);
            }
            return gradient;
        }

        public void Dispose()
        {
            _optimizer?.Dispose();
            _tape.Dispose();
            Embedding.Dispose();
            foreach (Parameter parameter in Embedding.Parameters) parameter.Dispose();
        }
    }
}
