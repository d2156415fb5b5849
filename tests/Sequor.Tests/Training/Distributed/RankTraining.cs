using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Training;
using Sequor.Training.Distributed;

namespace Sequor.Tests.Training.Distributed;

/// <summary>
/// Trains a few steps on ranks that are threads of the test: the loss of every step, and the weights behind them, rank by rank. Of a table that is dealt
/// out the rows that a rank does not hold are no numbers between the steps, so that whoever reads one that was not brought is found out.
/// </summary>
internal static class RankTraining
{
    internal static (double[] Losses, float[][][] Weights) Run(ExperimentConfig config, SequenceStore store, int ranks, int steps)
    {
        double[][] losses = new double[ranks][];
        float[][][] weights = new float[ranks][][];
        OnRanks(ranks, group =>
        {
            using var workers = new WorkerPool(1);
            using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers, group: ranks == 1 ? null : group);
            using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, config.Model.MaxSequenceLength), config.Training, group.Rank, group.Size);
            var own = new List<double>();
            for (int epoch = 0; own.Count < steps; epoch++)
            {
                loader.Begin(epoch);
                while (own.Count < steps && loader.Next() is { } batch)
                {
                    own.Add(trainer.Step(batch));
                    foreach (Parameter table in trainer.Model.Parameters)
                        for (int row = 0; row < table.Value.Rows; row++)
                            if (row < table.Held.First || row >= table.Held.End) table.Value[row].Fill(float.NaN);
                    loader.Return(batch);
                }
            }
            (losses[group.Rank], weights[group.Rank]) = ([.. own], Copy(trainer.Model));
        });
        foreach (double[] other in losses) Xunit.Assert.Equal(losses[0], other);
        return (losses[0], weights);
    }

    /// <summary>The weights of all ranks as one model's: each row from a rank that holds it.</summary>
    internal static float[][] Whole(float[][][] weights)
    {
        float[][] whole = [.. weights[0].Select(array => array.ToArray())];
        foreach (float[][] rank in weights.Skip(1))
            for (int p = 0; p < whole.Length; p++)
                for (int i = 0; i < whole[p].Length; i++)
                    if (float.IsNaN(whole[p][i])) whole[p][i] = rank[p][i];
        return whole;
    }

    /// <summary>Runs a body on each rank; the first failure that is not another's leaving ends the test.</summary>
    internal static void OnRanks(int ranks, Action<IProcessGroup> body)
    {
        ThreadGroup[] groups = ThreadGroup.Create(ranks);
        var failures = new List<Exception>();
        Thread[] threads = [.. groups.Select(group => new Thread(() =>
        {
            try
            {
                body(group);
            }
            catch (Exception failure)
            {
                lock (failures) failures.Add(failure);
                group.Dispose();
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        if (failures.OrderBy(failure => failure is RankFailureException).FirstOrDefault() is { } first)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    internal static float[][] Copy(RecommenderModel model)
    {
        var arrays = new List<float[]>();
        foreach (Parameter parameter in model.Parameters)
        {
            float[] values = new float[parameter.Value.Rows * parameter.Value.Columns];
            for (int row = 0; row < parameter.Value.Rows; row++) parameter.Value[row].CopyTo(values.AsSpan(row * parameter.Value.Columns));
            arrays.Add(values);
        }
        return [.. arrays];
    }
}
