using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Sequor.Cli;

/// <summary>Steps a second of a bar.</summary>
internal sealed class RateColumn : ProgressColumn
{
    protected override bool NoWrap => true;

    /// <inheritdoc/>
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(task.Speed switch
    {
        null or 0 => "",
        >= 1e6 and var speed => string.Create(CultureInfo.InvariantCulture, $"{speed / 1e6:F1} M/s"),
        >= 1e4 and var speed => string.Create(CultureInfo.InvariantCulture, $"{speed / 1e3:F0} k/s"),
        < 10 and var speed => string.Create(CultureInfo.InvariantCulture, $"{speed:F1}/s"),
        var speed => string.Create(CultureInfo.InvariantCulture, $"{speed:F0}/s"),
    });
}
