using Sequor.Data;
using Sequor.Modeling;

namespace Sequor.Serving;

/// <summary>The events of a history from <paramref name="First"/> on are what the model looks at; all of them have been seen.</summary>
internal readonly record struct Window(UserEvents Events, int First, KeyValueCache? Cache)
{
    internal UserSequence Sequence => Events.From(First);
}
