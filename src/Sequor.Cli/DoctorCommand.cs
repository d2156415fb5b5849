using System.CommandLine;
using System.Runtime.InteropServices;
using Sequor.Kernels;
using Sequor.Training.Distributed;

namespace Sequor.Cli;

/// <summary><c>sequor doctor</c>: what this machine offers, and what it lacks.</summary>
internal static class DoctorCommand
{
    private const long LittleMemory = 2L << 30;

    public static Command Create(Terminal terminal)
    {
        Option<bool> json = CommonOptions.Json();
        var command = new Command("doctor", """
            Shows vector width, cores, memory and versions, and what is missing. Exit code 2 when something is.

            Example:
              sequor doctor
            """) { json };
        command.SetAction(result => Run(terminal, result.GetValue(json)));
        return command;
    }

    private static int Run(Terminal terminal, bool json)
    {
        string? duckDb = DuckDbProbe.Version(out string? failure), openMpi = MpiProcessGroup.LibraryVersion;
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        List<string> missing = [];
        if (failure is not null) missing.Add($"DuckDB does not load, so that `prepare` reads no ratings files: {failure}");
        if (Simd.Width < 8 && RuntimeInformation.ProcessArchitecture == Architecture.X64) missing.Add("AVX2 is absent: everything works, at a fraction of the speed");
        if (memory < LittleMemory) missing.Add($"memory is short: {Tables.Size(memory)}; large catalogues need more than 2 GiB");

        if (json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteString("vectors", Simd.Name);
                writer.WriteNumber("vectorWidth", Simd.Width);
                writer.WriteNumber("cores", Environment.ProcessorCount);
                writer.WriteNumber("memoryBytes", memory);
                writer.WriteString("dotnet", RuntimeInformation.FrameworkDescription);
                writer.WriteString("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
                writer.WriteString("duckdb", duckDb);
                writer.WriteString("openMpi", openMpi);
                writer.WriteStartArray("missing");
                foreach (string sentence in missing) writer.WriteStringValue(sentence);
                writer.WriteEndArray();
            });
            return missing.Count == 0 ? 0 : Failure.InvalidInput;
        }

        terminal.Draw(Tables.Facts(
            ("vectors", $"{Simd.Name}, {Simd.Width} floats"),
            ("cores", Tables.Count(Environment.ProcessorCount)),
            ("memory", Tables.Size(memory)),
            (".NET", RuntimeInformation.FrameworkDescription),
            ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
            ("DuckDB", duckDb ?? "does not load"),
            ("Open MPI", openMpi ?? $"absent; training by several processes needs it: {MpiProcessGroup.InstallAdvice}"),
            ("missing", missing.Count == 0 ? "nothing" : string.Join("\n", missing))));
        return missing.Count == 0 ? 0 : Failure.InvalidInput;
    }
}
