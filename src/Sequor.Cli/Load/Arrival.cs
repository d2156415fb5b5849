namespace Sequor.Cli.Load;

/// <summary>A request of the schedule.</summary>
/// <param name="Due">Seconds after the start at which it is to be sent; 0 where clients wait for answers.</param>
/// <param name="Kind"><see cref="LoadKind.History"/> or <see cref="LoadKind.User"/> for recommendations, <see cref="LoadKind.Events"/> for an event.</param>
/// <param name="User">Row of the user in the store.</param>
/// <param name="Cut">Events of the user that have happened, at least 1.</param>
internal readonly record struct Arrival(double Due, LoadKind Kind, int User, int Cut);
