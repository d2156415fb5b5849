using System.Globalization;

namespace Sequor.Training.Distributed;

/// <summary>What Open MPI's launcher has told this process about its place.</summary>
public static class RankEnvironment
{
    /// <summary>Number of this process, 0 where no launcher has started it.</summary>
    public static int Rank => Number("OMPI_COMM_WORLD_RANK") ?? 0;

    /// <summary>Number of processes, 1 where no launcher has started this one.</summary>
    public static int Size => Number("OMPI_COMM_WORLD_SIZE") ?? 1;

    /// <summary>Whether Open MPI's launcher has started this process, be it the only one.</summary>
    public static bool IsLaunched => Number("OMPI_COMM_WORLD_SIZE") is not null;

    /// <summary>Processes on this machine.</summary>
    public static int LocalSize => Math.Max(1, Number("OMPI_COMM_WORLD_LOCAL_SIZE") ?? 1);

    /// <summary>Threads of a rank, so that the ranks of a machine share its cores.</summary>
    public static int ThreadCount => Math.Max(1, Environment.ProcessorCount / LocalSize);

    /// <summary>Refuses launchers whose processes cannot find each other here.</summary>
    /// <exception cref="InvalidInputException">This was started by MPICH's launcher or one of its kind.</exception>
    public static void RequireOpenMpi()
    {
        if (Number("OMPI_COMM_WORLD_SIZE") is null && Number("PMI_SIZE") is > 1 and { } size)
            throw new InvalidInputException($"{size} processes were started by the launcher of MPICH or a relative of it; Sequor's ranks meet over Open MPI: start them with Open MPI's mpirun");
        if (Number("OMPI_COMM_WORLD_SIZE") is null && Number("PMIX_RANK") is not null && Number("SLURM_NTASKS") is > 1 and { } tasks)
            throw new InvalidInputException($"{tasks} processes were started by srun, which does not tell Sequor's ranks their places; start them with Open MPI's mpirun, in an allocation of salloc or sbatch");
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;
}
