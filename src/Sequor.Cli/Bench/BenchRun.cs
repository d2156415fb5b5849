using System.Globalization;
using System.Text.Json;
using Sequor.Kernels;

namespace Sequor.Cli.Bench;

/// <summary>What the benchmarks do alike.</summary>
internal static class BenchRun
{
    /// <summary>Runs with a pool of that many threads, all cores when absent.</summary>
    public static int With(int? threadCount, Func<WorkerPool, int> work)
    {
        WorkerPool workers = CommonOptions.Workers(threadCount);
        try
        {
            return work(workers);
        }
        finally
        {
            if (threadCount is not null) workers.Dispose();
        }
    }

    public static void WriteMachine(Utf8JsonWriter json, WorkerPool workers)
    {
        json.WriteString("vectors", Simd.Name);
        json.WriteNumber("threads", workers.ThreadCount);
    }

    /// <summary>Seconds as milliseconds with three digits that count.</summary>
    public static string Milliseconds(double seconds)
    {
        double milliseconds = seconds * 1e3;
        return milliseconds.ToString(milliseconds < 1 ? "F3" : milliseconds < 10 ? "F2" : milliseconds < 100 ? "F1" : "F0", CultureInfo.InvariantCulture) + " ms";
    }
}
