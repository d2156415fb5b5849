using System.CommandLine;

namespace Sequor.Cli.Bench;

/// <summary><c>sequor bench</c>: how fast this machine is at what Sequor does.</summary>
internal static class BenchCommand
{
    public static Command Create(Terminal terminal) => new("bench", """
        Measures training, evaluation, encoding, search and long sequences on this machine, beside what it can do at most.

        Example:
          sequor bench train configs/ml-1m/hstu-large.gin
        """)
    {
        BenchTrainCommand.Create(terminal),
        BenchEvaluateCommand.Create(terminal),
        BenchEncodeCommand.Create(terminal),
        BenchTopKCommand.Create(terminal),
        BenchLengthCommand.Create(terminal),
    };
}
