using System.Globalization;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Training.Checkpoints;

namespace Sequor.Training;

/// <summary>
/// Says of a step whose loss is no number what people need to go on: which users, where the numbers were lost, what to change. The forward pass of the
/// batch is repeated for it, with the same dropout, so that a step whose loss is a number pays for nothing.
/// </summary>
internal sealed class NonFiniteLoss : ArithmeticException
{
    private const int Shown = 3;

    private NonFiniteLoss(string message) : base(message)
    {
    }

    /// <summary>Repeats the forward pass of a step and describes it.</summary>
    /// <param name="loss">What the loss became.</param>
    /// <param name="step">The step.</param>
    /// <param name="model">The model, as it was in the step.</param>
    /// <param name="batch">The batch of the step.</param>
    /// <param name="store">Where the users have their ids.</param>
    /// <param name="config">Settings of the training.</param>
    /// <param name="workers">Threads.</param>
    internal static string Explain(
        double loss, long step, RecommenderModel model, SequenceBatch batch, SequenceStore store, TrainingConfig config, WorkerPool workers)
    {
        var trace = new ActivationTrace();
        using var tape = new Tape(workers, differentiate: true);
        tape.ShowTo(trace);
        tape.Begin(config.Seed, step);
        Matrix states = model.Encode(tape, batch);
        tape.Settle();
        return string.Create(CultureInfo.InvariantCulture,
            $"the loss became {loss} in step {step}, on {Users(batch, states, store)}; {Weights(model)}; {Where(trace.All)}; lower train_fn.learning_rate = {config.LearningRate}, or raise train_fn.temperature");
    }

    /// <summary>The error that says so.</summary>
    internal static InvalidInputException Of(string message) => new(message, new NonFiniteLoss(message));

    /// <summary>The sentence with what to do about the run.</summary>
    internal static InvalidInputException InRun(InvalidInputException error, string run)
    {
        bool hasModel = File.Exists(Path.Combine(run, "best", Artifacts.ArtifactManifest.FileName));
        string from = hasModel ? $"begin a new run with another setting from the best epoch so far: `sequor train CONFIG --data STORE --set train_fn.learning_rate=RATE --init-from {run} --out NEW`" : "begin a new run with another setting: `sequor train CONFIG --data STORE --set train_fn.learning_rate=RATE --out NEW`";
        return new InvalidInputException($"{error.Message}; {from} (the last checkpoint in {run} is from before this step and whole)", error);
    }

    /// <summary>The sentence for weights or moments that a step has lost although its loss was a number.</summary>
    internal static InvalidInputException InWeights(string tensor, long step)
    {
        return Of($"behind step {step} {tensor} holds what is no number: no checkpoint is made of it; lower train_fn.learning_rate");
    }

    /// <summary>The first tensor that holds something that is no finite number; null if all are.</summary>
    internal static string? FirstIn(IReadOnlyList<CheckpointTensor> tensors)
    {
        foreach (CheckpointTensor tensor in tensors)
        {
            var (first, end) = tensor.Here;
            Matrix matrix = tensor.Value;
            if (tensor.CountsFloats)
            {
                if (!AreFinite(matrix[0][first..end])) return tensor.Name;
                continue;
            }
            for (int row = first; row < end; row++)
                if (!AreFinite(matrix[row])) return tensor.Name;
        }
        return null;
    }

    // x · 0 is 0 for every finite x, and NaN for the others.
    private static bool AreFinite(ReadOnlySpan<float> values)
    {
        int width = System.Numerics.Vector<float>.Count, i = 0;
        var sums = System.Numerics.Vector<float>.Zero;
        for (; i + width <= values.Length; i += width) sums += new System.Numerics.Vector<float>(values[i..]) * 0;
        float sum = System.Numerics.Vector.Sum(sums);
        for (; i < values.Length; i++) sum += values[i] * 0;
        return sum == 0;
    }

    // Those whose own states are lost come first.
    private static string Users(SequenceBatch batch, Matrix states, SequenceStore store)
    {
        var lost = new List<int>();
        var others = new List<int>();
        for (int b = 0; b < batch.UserCount; b++)
        {
            bool finite = true;
            for (int token = batch.Offsets[b]; token < batch.Offsets[b + 1] && finite && states.Rows == batch.TokenCount; token++) finite = AreFinite(states[token]);
            (finite ? others : lost).Add(batch.Users[b]);
        }

        string[] names = [.. lost.Concat(others).Take(Shown).Select(user => user >= 0 && user < store.UserCount ? $"'{store.UserId(user)}'" : $"number {user}")];
        string more = batch.UserCount > names.Length ? $" and {batch.UserCount - names.Length} more" : "";
        return $"the users {string.Join(", ", names)}{more} ({(lost.Count == 0 ? "all with finite states" : $"{lost.Count} of {batch.UserCount} with states that are no numbers")})";
    }

    private static string Weights(RecommenderModel model)
    {
        string[] lost = [.. model.Parameters.Where(parameter => FirstIn([new CheckpointTensor(parameter.Name, parameter.Value) { Here = parameter.Held }]) is not null).Select(parameter => parameter.Name)];
        return lost.Length == 0 ? "the weights are finite" : $"weights that are no numbers since a step before: {string.Join(", ", lost.Take(Shown))}{(lost.Length > Shown ? $" and {lost.Length - Shown} more" : "")}";
    }

    private static string Where(IReadOnlyList<Activations> all)
    {
        int first = 0;
        while (first < all.Count && all[first].NotFinite == 0) first++;
        string lost = first == all.Count ? "all activations are finite, so the loss itself went out of range" : string.Create(CultureInfo.InvariantCulture, $"numbers are lost first at {all[first].Place} ({all[first].NotFinite} of {all[first].Count})");
        string largest = string.Join(", ", all.OrderByDescending(one => one.Largest).Take(Shown).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Largest:G3} at {one.Place}")));
        return $"{lost}; largest activations: {largest}";
    }
}
