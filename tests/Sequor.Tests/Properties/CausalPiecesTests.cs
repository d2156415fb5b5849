using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Xunit;

namespace Sequor.Tests.Properties;

public unsafe class CausalPiecesTests
{
    [Fact]
    public void Every_row_is_in_one_part_and_parts_begin_at_the_first_row_or_at_multiples_of_64()
    {
        var random = new Random(1);
        var pieces = new CausalPieces();
        for (int trial = 0; trial < 500; trial++)
        {
            int[] offsets = new int[random.Next(1, 40) + 1];
            for (int b = 1; b < offsets.Length; b++) offsets[b] = offsets[b - 1] + random.Next(1, trial % 3 == 0 ? 5000 : 260);
            int[] firsts = [.. offsets.Skip(1).Select(_ => trial % 2 == 0 ? 0 : random.Next(300))];
            pieces.Cut(offsets, firsts);
            Assert.InRange(pieces.Count, 1, 32);
            int sequence = 0, row = firsts[0], seen = 0;
            for (int piece = 0; piece < pieces.Count; piece++)
            {
                Assert.Equal(seen, pieces.Start(piece));
                Assert.False(pieces[piece].IsEmpty);
                foreach (CausalPart part in pieces[piece])
                {
                    if (row == Length(sequence))
                    {
                        sequence++;
                        row = firsts[sequence];
                    }
                    int length = Length(sequence);
                    Assert.Equal(new CausalPart(sequence, row, part.End, row == 0 && part.End == length), part);
                    Assert.True(part.End > row && (part.End == length || (part.End < length && part.End % 64 == 0)));
                    row = part.End;
                    seen++;
                }
            }
            Assert.Equal((offsets.Length - 2, Length(offsets.Length - 2)), (sequence, row));
            Assert.Equal(seen, pieces.Parts.Length);

            int Length(int b) => firsts[b] + offsets[b + 1] - offsets[b];
        }
    }

    [Theory]
    [InlineData(false, 700)]
    [InlineData(true, 700)]
    [InlineData(false, 1, 900, 3, 64, 65, 200, 130)]
    [InlineData(true, 1, 900, 3, 64, 65, 200, 130)]
    public void Long_sequences_attend_in_parts_with_the_same_bits_at_any_thread_count(bool softmax, params int[] lengths)
    {
        float[] expected = Attend(softmax, lengths, threads: 1);
        Assert.Equal(expected, Attend(softmax, lengths, threads: 2));
        Assert.Equal(expected, Attend(softmax, lengths, threads: 5));
        Assert.DoesNotContain(float.NaN, expected);
    }

    private static float[] Attend(bool softmax, int[] lengths, int threads)
    {
        const int Heads = 2, Dim = 5;
        using var workers = new WorkerPool(threads);
        using var tape = new Tape(workers, differentiate: true);
        using var batch = new SequenceBatch();
        using var position = new Parameter("position", [2 * 1000 - 1]);
        using var time = new Parameter("time", [TimeBuckets.Count]);
        var random = new Random(3);
        batch.Clear();
        for (int b = 0; b < lengths.Length; b++)
        {
            long now = 1_000_000;
            long[] times = [.. Enumerable.Range(0, lengths[b]).Select(_ => now += random.Next(100_000))];
            batch.Add(b, new UserSequence(new int[lengths[b]], [], times), 1, now + 5);
        }
        foreach (ref float weight in position.Value[0]) weight = (float)random.NextDouble();
        foreach (ref float weight in time.Value[0]) weight = (float)random.NextDouble();
        tape.Begin(seed: 1, step: 1);
        Matrix x = tape.Allocate(batch.TokenCount, 3 * Heads * Dim);
        for (int t = 0; t < x.Rows; t++)
            foreach (ref float value in x[t]) value = (float)random.NextDouble() - 0.5f;
        Matrix output = AttentionOperation.Apply(
            tape, batch.All, batch.All, 0, new(Heads, Dim, Dim, softmax, 0.1f, 0.2, new(position, time)), new(x, 0), new(x, Heads * Dim), new(x, 2 * Heads * Dim));
        tape.BeginGradient(output);
        for (int t = 0; t < x.Rows; t++)
            foreach (ref float value in output.GradientRow(t)) value = (float)random.NextDouble() - 0.5f;
        tape.Backward();
        List<float> all = [.. position.Value.GradientRow(0), .. time.Value.GradientRow(0)];
        for (int t = 0; t < x.Rows; t++) all.AddRange([.. output[t], .. x.GradientRow(t)]);
        return [.. all];
    }
}
