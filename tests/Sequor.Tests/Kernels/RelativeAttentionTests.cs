using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Tests.Parity;
using Sequor.Tests.Properties;
using Xunit;

namespace Sequor.Tests.Kernels;

public class RelativeAttentionTests
{
    private const int Window = 1200;
    private const int FirstColumn = 7;

    /// <summary>Kind, columns, lengths: within one square, across squares, and long enough to be cut into parts.</summary>
    public static TheoryData<int, int, int[]> Problems
    {
        get
        {
            var data = new TheoryData<int, int, int[]>();
            foreach (RelativeWeightKind kind in Enum.GetValues<RelativeWeightKind>())
            {
                data.Add((int)kind, 1, [1, 2, 17]);
                data.Add((int)kind, 5, [64, 16, 65, 1]);
                data.Add((int)kind, 16, [130, 200]);
                data.Add((int)kind, 50, [3, 63, 128, 129]);
                data.Add((int)kind, 20, [40, 1100, 3]);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void Values_and_gradients_equal_those_of_the_naive_sums(int kindNumber, int columns, int[] lengths)
    {
        var problem = new Problem((RelativeWeightKind)kindNumber, columns, lengths);
        var (output, valueGradient, tableGradient, exponentGradient) = problem.Run(WorkerPool.Shared, withTimes: true);
        double[] expected = new double[output.Length], expectedValue = new double[valueGradient.Length], expectedTable = new double[tableGradient.Length], expectedExponent = new double[1];
        double[] tableMagnitude = new double[tableGradient.Length], exponentMagnitude = new double[1];
        int first = 0;
        foreach (History history in problem.Histories)
        {
            int length = history.Items.Length - 1;
            for (int i = 0; i < length; i++)
                for (int j = 0; j <= i; j++)
                {
                    double weight = problem.Weight(history, i, j), dot = 0;
                    for (int c = 0; c < columns; c++)
                    {
                        double g = problem.Cotangent[(first + i) * columns + c], v = problem.Values[(first + j) * problem.Stride + FirstColumn + c];
                        expected[(first + i) * columns + c] += weight * v;
                        expectedValue[(first + j) * columns + c] += weight * g;
                        dot += g * v;
                    }
                    problem.AddGradient(history, i, j, dot, expectedTable, expectedExponent);
                    problem.AddGradient(history, i, j, Math.Abs(dot), tableMagnitude, exponentMagnitude);
                }
            first += length;
        }
        Agreement.Check("output", [.. expected.Select(x => (float)x)], output);
        Agreement.Check("gradient of the values", [.. expectedValue.Select(x => (float)x)], valueGradient);
        // Sums of thousands of terms of both signs, which may all but cancel: measured by the sum of the magnitudes.
        for (int entry = 0; entry < expectedTable.Length; entry++) Assert.Equal(expectedTable[entry], tableGradient[entry], 1e-6 * tableMagnitude[entry] + 1e-12);
        if (exponentGradient.Length > 0) Assert.Equal(expectedExponent[0], exponentGradient[0], 1e-6 * Math.Abs(exponentMagnitude[0]) + 1e-12);
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void The_number_of_threads_never_changes_a_bit(int kindNumber, int columns, int[] lengths)
    {
        var problem = new Problem((RelativeWeightKind)kindNumber, columns, lengths);
        using WorkerPool one = new(1), two = new(2);
        var alone = problem.Run(one, withTimes: true);
        var together = problem.Run(two, withTimes: true);
        Assert.Equal(alone.Output, together.Output);
        Assert.Equal(alone.Value, together.Value);
        Assert.Equal(alone.Table, together.Table);
        Assert.Equal(alone.Exponent, together.Exponent);
    }

    [Theory]
    [InlineData((int)RelativeWeightKind.TimeBucket)]
    [InlineData((int)RelativeWeightKind.TimeDecay)]
    public void Without_times_a_channel_of_time_is_zero_and_learns_nothing(int kindNumber)
    {
        var (output, value, table, exponent) = new Problem((RelativeWeightKind)kindNumber, 5, [70, 3]).Run(WorkerPool.Shared, withTimes: false);
        Assert.All((float[])[.. output, .. value, .. table, .. exponent], x => Assert.Equal(0f, x));
    }

    // Values are some columns of a wider matrix, at an odd offset.
    private sealed class Problem
    {
        private readonly RelativeWeightKind _kind;
        private readonly int _columns;
        private readonly float[] _table, _exponent = [0.6f];

        internal Problem(RelativeWeightKind kind, int columns, int[] lengths)
        {
            (_kind, _columns) = (kind, columns);
            var random = new Random(columns);
            int tokens = lengths.Sum();
            Stride = FirstColumn + columns + 4;
            Values = Random(tokens * Stride);
            Cotangent = Random(tokens * columns);
            _table = kind switch { RelativeWeightKind.Position => Random(2 * Window - 1), RelativeWeightKind.TimeBucket => Random(TimeBuckets.Count), _ => [-0.7f] };
            // Now and then time runs backwards.
            Histories = [.. lengths.Select(length =>
            {
                long time = 1_000_000_000;
                return new History(new int[length + 1], [.. Enumerable.Range(0, length + 1).Select(_ => time += random.NextInt64(-1000, 1_000_000) >> random.Next(0, 20))], new float[length + 1]);
            })];

            float[] Random(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
        }

        internal int Stride { get; }

        internal float[] Values { get; }

        internal float[] Cotangent { get; }

        internal History[] Histories { get; }

        internal double Weight(History history, int i, int j) => _kind switch
        {
            RelativeWeightKind.Position => _table[Window - 1 + j - i],
            RelativeWeightKind.TimeBucket => _table[TimeBuckets.Bucket(history.Times[i + 1] - history.Times[j])],
            _ => _table[0] * Math.Pow(Elapsed(history, i, j), -_exponent[0]),
        };

        internal void AddGradient(History history, int i, int j, double dot, double[] table, double[] exponent)
        {
            if (_kind == RelativeWeightKind.Position) table[Window - 1 + j - i] += dot;
            else if (_kind == RelativeWeightKind.TimeBucket) table[TimeBuckets.Bucket(history.Times[i + 1] - history.Times[j])] += dot;
            else
            {
                table[0] += dot * Math.Pow(Elapsed(history, i, j), -_exponent[0]);
                exponent[0] -= dot * Weight(history, i, j) * Math.Log(Elapsed(history, i, j));
            }
        }

        internal unsafe (float[] Output, float[] Value, float[] Table, float[] Exponent) Run(WorkerPool workers, bool withTimes)
        {
            using Parameter table = new("table", [_table.Length]), exponent = new("exponent", [1]);
            GoldenModel.Copy(_table, table.Value);
            GoldenModel.Copy(_exponent, exponent.Value);
            using var batch = new SequenceBatch();
            batch.Clear();
            for (int b = 0; b < Histories.Length; b++)
            {
                var (items, times, _) = Histories[b];
                batch.Add(b, new UserSequence(items.AsSpan(..^1), [], withTimes ? times.AsSpan(..^1) : []), 1, withTimes ? times[^1] : null);
            }
            using var tape = new Tape(workers, differentiate: true);
            tape.Begin();
            Matrix value = tape.Allocate(batch.TokenCount, Stride);
            new Span<float>(value.Data, (int)value.Size).Clear();
            GoldenModel.Copy(Values, value);
            HeadColumns columns = new(value, FirstColumn);
            Matrix output = _kind switch
            {
                RelativeWeightKind.Position => RelativeAttentionOperation.ByPosition(tape, batch.All, batch.All, 0, columns, _columns, table),
                RelativeWeightKind.TimeBucket => RelativeAttentionOperation.ByTimeBucket(tape, batch.All, batch.All, 0, columns, _columns, table),
                _ => RelativeAttentionOperation.ByTimeDecay(tape, batch.All, batch.All, 0, columns, _columns, table, exponent),
            };
            tape.BeginGradient(output);
            for (int t = 0; t < output.Rows; t++) Cotangent.AsSpan(t * _columns, _columns).CopyTo(output.GradientRow(t));
            tape.Backward();
            var gradient = new float[output.Rows * _columns];
            for (int t = 0; t < output.Rows; t++)
            {
                Span<float> row = value.GradientRow(t);
                row.Slice(FirstColumn, _columns).CopyTo(gradient.AsSpan(t * _columns));
                Assert.False(row[..FirstColumn].ContainsAnyExcept(0f) || row[(FirstColumn + _columns)..].ContainsAnyExcept(0f), "columns of others were touched");
            }
            return (GoldenModel.Values(output), gradient, GoldenModel.Gradient(table), _kind == RelativeWeightKind.TimeDecay ? GoldenModel.Gradient(exponent) : []);
        }

        private static double Elapsed(History history, int i, int j) => Math.Max(history.Times[i + 1] - history.Times[j], 0) + 1.0;
    }
}
