using System.Security.Cryptography;
using System.Text;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Modeling;

namespace Sequor.Training.Distributed;

/// <summary>A trainer's view of the other ranks: gradients, evaluation, and whether all of them do the same.</summary>
internal sealed unsafe class Ranks : IDisposable
{
    private static readonly string[] s_subjects = ["settings", "data", "protocol", "weights"];

    internal Ranks(IProcessGroup group, IReadOnlyList<Parameter> parameters, Tape tape, ShardedTable? shards)
    {
        (Group, Shards) = (group, shards);
        Gradients = new GradientExchange(group, parameters, tape, shards);
    }

    /// <summary>The ranks.</summary>
    internal IProcessGroup Group { get; }

    /// <summary>Where the rows of the item table are; null where every rank has all.</summary>
    internal ShardedTable? Shards { get; }

    /// <summary>The exchange of a step.</summary>
    internal GradientExchange Gradients { get; }

    /// <summary>How many there are and where, for the log of a run.</summary>
    internal string Description =>
        $", {Group.Size} ranks on {string.Join(", ", Enumerable.Range(0, Group.Size).GroupBy(Group.HostOf).Select(host => $"{host.Key} ({host.Count()})"))}";

    /// <summary>Bytes that this rank has given away in the last step.</summary>
    internal long Bytes => Gradients.Bytes + (Shards?.Bytes ?? 0);

    /// <summary>Begins a step on a share of a batch: the rows that its events read come here.</summary>
    internal void Begin(SequenceBatch share)
    {
        Gradients.Begin();
        Shards?.BeginStep();
        Shards?.Bring(share.Items);
    }

    /// <summary>Evaluates a model, of whose users or items each rank takes a part: the figures are those of one process.</summary>
    internal EvaluationReport Evaluate(RecommenderModel model, ShardedTable? shards, LeaveOneOut view, EvaluationOptions options, IProgress<long>? usersDone = null)
    {
        RankedTargets targets;
        if (shards is null) targets = Evaluator.Rank(model, view, options, Group.Rank, Group.Size, usersDone, CancellationToken.None);
        else
        {
            using var evaluation = new ShardedEvaluation(model, view, options, Group, shards);
            targets = evaluation.Run(usersDone);
        }
        Sum(targets.Ranks);
        return Evaluator.Report(view, options, targets);
    }

    // Whole numbers, exactly.
    private void Sum(int[] numbers)
    {
        double[] values = Array.ConvertAll(numbers, number => (double)number);
        fixed (double* first = values) Group.Sum(first, values.Length);
        for (int i = 0; i < numbers.Length; i++) numbers[i] = (int)values[i];
    }

    /// <summary>Gives every rank the values that rank 0 has.</summary>
    internal void GiveFromFirst(IEnumerable<Matrix> matrices)
    {
        foreach (Matrix matrix in matrices) Group.Broadcast((byte*)matrix.Data, (matrix.Size - matrix.Stride + matrix.Columns) * sizeof(float), root: 0);
    }

    /// <summary>Gives every rank the text that rank <paramref name="root"/> has; the others have none.</summary>
    internal static string Give(IProcessGroup group, string? text, int root = 0)
    {
        byte[] bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        int length = bytes.Length;
        group.Broadcast((byte*)&length, sizeof(int), root);
        if (text is null) bytes = new byte[length];
        fixed (byte* first = bytes) group.Broadcast(first, length, root);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>What is wrong in all ranks, as the first one whose fault it is explains it.</summary>
    internal string Agree(bool atFault, Func<string> explain)
    {
        int[] faults = new int[Group.Size];
        faults[Group.Rank] = atFault ? 1 : 0;
        Sum(faults);
        int rank = Math.Max(0, Array.IndexOf(faults, 1));
        return Give(Group, rank == Group.Rank ? explain() : null, rank);
    }

    /// <summary>Compares what the ranks train, on what and to which weights.</summary>
    /// <exception cref="InvalidInputException">A rank differs from rank 0; every rank is told, in the same words.</exception>
    internal void RequireSame(string settings, string fingerprint, string protocol, RecommenderModel model)
    {
        const int Words = SHA256.HashSizeInBytes / sizeof(uint);
        int subjects = s_subjects.Length;
        uint[] hashes = new uint[Group.Size * subjects * Words];
        long[] counts = new long[Group.Size];
        Array.Fill(counts, subjects * Words);
        byte[][] own = [Hash(settings), Hash(fingerprint), Hash(protocol), Hash(model)];
        for (int subject = 0; subject < subjects; subject++)
            Buffer.BlockCopy(own[subject], 0, hashes, (Group.Rank * subjects + subject) * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes);
        fixed (uint* words = hashes) Group.Gather(words, counts);
        for (int rank = 1; rank < Group.Size; rank++)
            for (int subject = 0; subject < subjects; subject++)
                if (!hashes.AsSpan((rank * subjects + subject) * Words, Words).SequenceEqual(hashes.AsSpan(subject * Words, Words))) throw Difference(rank, subject);
    }

    /// <summary>Ends the exchange; the group stays.</summary>
    public void Dispose()
    {
        Gradients.Dispose();
        Shards?.Dispose();
    }

    private InvalidInputException Difference(int rank, int subject)
    {
        string advice = subject switch
        {
            0 => "start all ranks with the same experiment file and --set",
            1 => "copy the same store to all hosts",
            2 => "start all ranks with the same --protocol",
            _ => "their processors may round differently; use hosts of one kind, and report it if they are",
        };
        return new InvalidInputException($"rank {rank} on {Group.HostOf(rank)} has other {s_subjects[subject]} than rank 0 on {Group.HostOf(0)}: {advice}");
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static byte[] Hash(RecommenderModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Of rows that are dealt out nobody has a copy to compare with.
        foreach (Parameter parameter in model.Parameters.Where(parameter => !parameter.IsHeldInPart))
            for (int row = 0; row < parameter.Value.Rows; row++) hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(parameter.Value[row]));
        return hash.GetHashAndReset();
    }
}
