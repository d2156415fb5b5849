using Spectre.Console;

namespace Sequor.Cli;

/// <summary>One bar for the stage that runs, with rate and time left; it goes away when the work is done.</summary>
internal sealed class ProgressBars
{
    private readonly ProgressContext? context;
    private ProgressTask? task;
    private string? stage;

    private ProgressBars(ProgressContext? context) => this.context = context;

    /// <summary>Runs the work with a bar when a person watches, else without.</summary>
    public static T Show<T>(Terminal terminal, bool json, Func<ProgressBars, T> work) => terminal.IsInteractive && !json
        ? terminal.Screen.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn())
            .Start(context => work(new ProgressBars(context)))
        : work(new ProgressBars(null));

    /// <summary>Moves the bar; a new stage begins a new one.</summary>
    /// <param name="name">The stage, which stays the same while its bar grows.</param>
    /// <param name="done">Steps done.</param>
    /// <param name="total">Steps in all; null when nobody knows.</param>
    /// <param name="detail">What else there is to say at the moment.</param>
    public void Report(string name, long done, long? total, string detail = "")
    {
        if (context is null) return;
        if (name != stage)
        {
            task?.StopTask();
            if (task is not null) context.RemoveTask(task);
            task = context.AddTask(Markup.Escape(name), autoStart: true, maxValue: total ?? 1);
            stage = name;
        }

        task!.Description = Markup.Escape(detail.Length == 0 ? name : $"{name}  {detail}");
        task.IsIndeterminate = total is null;
        if (total is null) return;
        task.MaxValue = Math.Max(total.Value, 1);
        task.Value = done;
    }

    /// <summary>Passes reports of the library on at once, on the thread that reports.</summary>
    public IProgress<T> Forward<T>(Action<ProgressBars, T> report) => new Forwarder<T>(this, report);

    private sealed class Forwarder<T>(ProgressBars bars, Action<ProgressBars, T> report) : IProgress<T>
    {
        public void Report(T value) => report(bars, value);
    }
}
