using System.Text;
using System.Text.RegularExpressions;

namespace Sequor.Cli;

/// <summary>What comes over the error stream of Open MPI's launcher: the ranks' own lines as they are, and its notices in a line or not at all.</summary>
/// <remarks>A notice stands between two lines of dashes. That a rank which said why it ends has ended is no news.</remarks>
internal sealed partial class LauncherMessages(TextWriter output)
{
    private readonly StringBuilder _notice = new();
    private bool _inNotice;

    /// <summary>Passes on all lines, to the end of the stream.</summary>
    public void Forward(TextReader lines)
    {
        while (lines.ReadLine() is { } line)
        {
            if (Rule().IsMatch(line))
            {
                if (_inNotice) Tell();
                _inNotice = !_inNotice;
            }
            else if (_inNotice) _notice.AppendLine(line);
            else if (!Chatter().IsMatch(line)) output.WriteLine(line);
        }

        Tell();
    }

    private void Tell()
    {
        string notice = _notice.ToString().Trim();
        _notice.Clear();
        if (Killed().Match(notice) is { Success: true } killed)
            output.WriteLine($"rank {killed.Groups["rank"]} on {killed.Groups["host"]} was ended by {killed.Groups["signal"]}: the job ends");
        else if (notice.Length > 0 && !RankHasEnded().IsMatch(notice)) output.WriteLine(notice);
    }

    [GeneratedRegex("^-{60,}$")]
    private static partial Regex Rule();

    [GeneratedRegex(@"process rank (?<rank>\d+) with PID \d+ on node (?<host>\S+) exited on (?<signal>signal [^.]*)")]
    private static partial Regex Killed();

    [GeneratedRegex(@"^(Primary job\s+terminated normally, but|mpirun detected that one or more processes exited with non-zero status)")]
    private static partial Regex RankHasEnded();

    // Of shared memory of a rank that is gone; and that a signal goes on to the ranks.
    [GeneratedRegex(@"^(\[\S+:\d+\] Read -1, expected \d+, errno = \d+|mpirun: Forwarding signal \d+ to job)$")]
    private static partial Regex Chatter();
}
